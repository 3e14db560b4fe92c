/**
 * Which tools an agent has (config.md §8 `tools`, http.md §9). In this order: the profile and `allow` give, the lists of
 * the model's provider narrow, `deny` takes away, whoever wrote it. Then come the rules of the place that a call comes
 * from. An entry is a name, `group:<group>`, or a pattern with `*`; case does not matter.
 */
import type { ToolDefinition, ToolProfile } from './definition.js';
import type { ToolCaller } from './tool-call.js';

export interface ToolLists {
  readonly profile?: ToolProfile | undefined;
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
  /** By provider, or by provider and model as `provider/model`: what its models get of the agent's tools. */
  readonly byProvider?: Readonly<Record<string, ToolLists>> | undefined;
}

export interface ToolPolicy extends ToolLists {
  readonly profile: ToolProfile;
  /** By agent: its profile instead of the general one, its lists besides the general ones. */
  readonly agents: Readonly<Record<string, ToolLists>>;
  /** For direct calls over HTTP and RPC: what is allowed of what they are denied, and what they are denied besides. */
  readonly direct: { readonly allow: readonly string[]; readonly deny: readonly string[] };
}

export const toolProfiles: readonly { readonly id: ToolProfile; readonly label: string }[] = [
  { id: 'minimal', label: 'Minimal' },
  { id: 'coding', label: 'Coding' },
  { id: 'messaging', label: 'Messaging' },
  { id: 'full', label: 'Full' },
];

/** What whoever only has a credential may not call directly unless the configuration says so (http.md §9). */
const deniedDirectly =
  'exec spawn shell write edit fs_write fs_delete fs_move apply_patch sessions_spawn sessions_send cron gateway nodes whatsapp_login'.split(
    ' ',
  );

const ownGroups: ReadonlySet<string> = new Set(['core', 'fs', 'runtime', 'web', 'sessions', 'test']);

/** The model that is to call, as the configuration names it. */
export interface CallingModel {
  readonly provider: string;
  readonly model?: string | undefined;
}

/** Tools of those that there are which the caller may use, in their order. */
export function permittedTools(
  policy: ToolPolicy,
  tools: readonly ToolDefinition[],
  caller: Pick<ToolCaller, 'agentId' | 'sessionKey' | 'via' | 'byStranger'>,
  model?: CallingModel,
): readonly ToolDefinition[] {
  const has = permission(policy, caller.agentId, model);
  const comes = rulesOfPlace(policy, caller);
  return tools.filter((tool) => has(tool) && comes(tool));
}

/** The profile that an agent has in the end. */
export function profileOf(policy: ToolPolicy, agentId: string): ToolProfile {
  return listsOf(policy, agentId).profile ?? policy.profile;
}

type Test = (tool: ToolDefinition) => boolean;

function permission(policy: ToolPolicy, agentId: string, model: CallingModel | undefined): Test {
  const agent = listsOf(policy, agentId);
  const profile = inProfile(agent.profile ?? policy.profile);
  const allowed = inList([...(policy.allow ?? []), ...(agent.allow ?? [])]);
  const denied = inList([...(policy.deny ?? []), ...(agent.deny ?? [])]);
  const narrowed = [policy, agent].flatMap((lists) => providerLists(lists, model)).map(narrowing);
  return (tool) =>
    (profile(tool) || allowed(tool)) && !denied(tool) && narrowed.every((passes) => passes(tool));
}

/** Lists of a provider take away only: with a profile or `allow` of theirs, whatever is in neither. */
function narrowing({ profile, allow, deny = [] }: ToolLists): Test {
  const denied = inList(deny);
  if (profile === undefined && allow === undefined) return (tool) => !denied(tool);
  const named = inList(allow ?? []);
  const base = profile === undefined ? () => false : inProfile(profile);
  return (tool) => (base(tool) || named(tool)) && !denied(tool);
}

function providerLists({ byProvider = {} }: ToolLists, model: CallingModel | undefined): ToolLists[] {
  if (!model) return [];
  const names = [model.provider, `${model.provider}/${model.model}`];
  return Object.entries(byProvider).flatMap(([name, lists]) =>
    names.some((one) => one.toLowerCase() === name.toLowerCase()) ? [lists] : [],
  );
}

type Place = Pick<ToolCaller, 'via' | 'sessionKey' | 'byStranger'>;

function rulesOfPlace(policy: ToolPolicy, place: Place): Test {
  const { via, sessionKey } = place;
  if (via !== 'turn') {
    const { allow, deny } = policy.direct;
    const excepted = inList(allow);
    const byDefault = inList(deniedDirectly);
    const denied = inList(deny);
    return (tool) => (!byDefault(tool) || excepted(tool)) && !denied(tool);
  }
  // Without a session there is nothing that tools of sessions could be about.
  if (sessionKey === '') return ({ group, source }) => source !== 'core' || group !== 'sessions';
  return isOwners(place) ? () => true : ({ ownerOnly }) => ownerOnly !== true;
}

/** Whether only the gateway's owner speaks: not where a session's key names somebody else, a group or a hook. */
export function isOwners({
  sessionKey,
  byStranger = false,
}: Pick<ToolCaller, 'sessionKey' | 'byStranger'>): boolean {
  return !byStranger && !/:(?:group|channel|direct|hook):/.test(sessionKey);
}

function listsOf({ agents }: ToolPolicy, agentId: string): ToolLists {
  return (Object.hasOwn(agents, agentId) ? agents[agentId] : undefined) ?? {};
}

function inProfile(profile: ToolProfile): Test {
  return ({ defaultProfiles }) => profile === 'full' || defaultProfiles.includes(profile);
}

/** Whether a tool is named by one of the entries. */
export function inList(entries: readonly string[]): Test {
  if (entries.length === 0) return () => false;
  const patterns = entries.map(asPattern);
  return (tool) => {
    const names = [tool.name, ...groupsOf(tool)].map((name) => name.toLowerCase());
    return patterns.some((pattern) => names.some((name) => pattern.test(name)));
  };
}

/** A server may have the name of one of our groups; its tools are not in that. */
function groupsOf({ group, source }: ToolDefinition): string[] {
  const isOurs = source === 'core' || !ownGroups.has(group.toLowerCase());
  return [`group:${source}`, ...(isOurs ? [`group:${group}`] : [])];
}

/** `*` alone stands for every tool; in a longer entry for any part of a name. */
function asPattern(entry: string): RegExp {
  const text = entry.trim().toLowerCase();
  const escaped = text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\*+/g, '.*');
  return new RegExp(`^${escaped}$`);
}
