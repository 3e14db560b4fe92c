/** The gateway's own tools that a model is offered in a turn, beside those that the client brings. */
import { inList, permittedTools } from '../../shared/tools/policy.js';
import type { ToolDefinition } from '../../shared/tools/definition.js';
import type { ToolCaller } from '../../shared/tools/tool-call.js';
import type { ToolTable } from '../../shared/tools/table.js';
import type { Selection } from './model-selection.js';
import type { FunctionTool, Turn } from './turn.js';

/** By name. */
export type OfferedTools = ReadonlyMap<string, FunctionTool>;

/** Of completions without a session, by agent and model: they are asked for with every request. */
const forCompletions = new WeakMap<ToolTable, Map<string, OfferedTools>>();

/** Where the turn is; a completion without a session has an empty key. */
interface Place extends Pick<ToolCaller, 'sessionKey' | 'byStranger'> {
  /** Of the tools that the agent has, only these. */
  readonly toolsAllow?: readonly string[] | undefined;
}

/** Undefined when there are none. */
export function offeredTools(
  table: ToolTable | undefined,
  selection: Selection,
  place: Place,
  client: Pick<Turn, 'tools' | 'toolChoice'>,
): OfferedTools | undefined {
  if (!table) return undefined;
  const { toolChoice } = client;
  // A client that says what is to be called means its own.
  if (toolChoice !== undefined && toolChoice !== 'auto') return undefined;
  const own =
    place.sessionKey === '' ? completionTools(table, selection) : permitted(table, selection, place);
  const taken = new Set(client.tools.map(({ name }) => name));
  const offered = taken.size === 0 ? own : new Map([...own].filter(([name]) => !taken.has(name)));
  return offered.size > 0 ? offered : undefined;
}

function completionTools(table: ToolTable, selection: Selection): OfferedTools {
  const known = forCompletions.get(table) ?? new Map<string, OfferedTools>();
  forCompletions.set(table, known);
  const key = `${selection.agentId} ${selection.provider.id} ${selection.model}`;
  const tools = known.get(key) ?? permitted(table, selection, { sessionKey: '' });
  known.set(key, tools);
  return tools;
}

function permitted(
  { policy, definitions }: ToolTable,
  { agentId, provider, model }: Selection,
  place: Place,
): OfferedTools {
  const caller = { ...place, agentId, via: 'turn' } as const;
  const has = place.toolsAllow ? inList(place.toolsAllow) : () => true;
  const tools = permittedTools(policy, definitions, caller, { provider: provider.id, model }).filter(has);
  return new Map(tools.map((tool) => [tool.name, asFunction(tool)]));
}

function asFunction({ name, description, parameters }: ToolDefinition): FunctionTool {
  return { name, description, parameters, own: true };
}
