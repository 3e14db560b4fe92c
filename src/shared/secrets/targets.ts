/**
 * Which paths of the config may hold a ref, whose secret each is, and what makes it active (secrets.md §4, §5): data,
 * so that the config, the snapshot, plans and audits mean the same. A ref anywhere else is a validation error.
 */
import type { ConfigPath } from '../config/path.js';

export type OwnerKind =
  | 'model-provider'
  | 'auth-profile'
  | 'skill'
  | 'memory'
  | 'gateway-auth'
  | 'gateway-remote'
  | 'cron'
  | 'store'
  | 'mcp-server'
  | 'channel';

/** The rule that says whether a ref is needed (`surfaces.ts`). */
export type Surface =
  | 'gateway-token'
  | 'gateway-password'
  | 'remote-token'
  | 'remote-password'
  | 'cron'
  | 'channel'
  /** The entry that the path goes through is not `enabled: false`. */
  | 'entry'
  | 'always';

export interface SecretTarget {
  /** In plans and in `secrets.resolve`. */
  readonly type: string;
  /** `*` is one key of a map, `[]` one place of a list. */
  readonly shape: readonly string[];
  readonly owner: OwnerKind;
  /** The segment of a path that names the owner; undefined when there is only one. */
  readonly ownerAt: number | undefined;
  readonly surface: Surface;
  /** Also what is blank: the value of a header or variable, which need not be a credential. */
  readonly anyText: boolean;
  /** Has the form of a value: stands for one that is not known while a config is checked. */
  readonly standIn: string;
}

interface Row {
  readonly path: string;
  readonly owner: OwnerKind;
  readonly surface?: Surface;
  readonly anyText?: true;
  readonly standIn?: string;
}

const rows: readonly Row[] = [
  { path: 'models.providers.*.apiKey', owner: 'model-provider' },
  { path: 'models.providers.*.headers.*', owner: 'model-provider', anyText: true },
  { path: 'models.providers.*.request.auth.token', owner: 'model-provider' },
  { path: 'models.providers.*.request.auth.value', owner: 'model-provider' },
  { path: 'models.providers.*.request.headers.*', owner: 'model-provider', anyText: true },
  { path: 'auth.profiles.*.key', owner: 'auth-profile' },
  { path: 'auth.profiles.*.token', owner: 'auth-profile' },
  { path: 'skills.entries.*.apiKey', owner: 'skill' },
  { path: 'memory.search.remote.apiKey', owner: 'memory', surface: 'always' },
  { path: 'agents.list.[].memory.search.remote.apiKey', owner: 'memory', surface: 'always' },
  { path: 'gateway.auth.token', owner: 'gateway-auth', surface: 'gateway-token' },
  { path: 'gateway.auth.password', owner: 'gateway-auth', surface: 'gateway-password' },
  { path: 'gateway.remote.token', owner: 'gateway-remote', surface: 'remote-token' },
  { path: 'gateway.remote.password', owner: 'gateway-remote', surface: 'remote-password' },
  { path: 'cron.webhookToken', owner: 'cron', surface: 'cron' },
  { path: 'gateway.store.url', owner: 'store', surface: 'always', standIn: 'rediss://secret' },
  { path: 'mcp.servers.*.env.*', owner: 'mcp-server', anyText: true },
  { path: 'mcp.servers.*.headers.*', owner: 'mcp-server', anyText: true },
  ...channelRows({
    telegram: ['botToken', 'webhookSecret'],
    slack: ['botToken', 'appToken', 'userToken', 'signingSecret'],
    discord: ['token'],
    irc: ['password', 'accountPassword'],
    matrix: ['accessToken', 'password'],
    mattermost: ['botToken'],
    msteams: ['appPassword'],
    googlechat: ['serviceAccount'],
    webhook: ['secret', 'previousSecret'],
  }),
];

export const secretTargets: readonly SecretTarget[] = rows.map(
  ({ path, owner, surface = 'entry', anyText = false, standIn = 'value-of-a-secret-ref' }) => {
    const shape = path.split('.');
    const ownerAt = owner === 'channel' ? 1 : shape.findIndex(isWildcard);
    return {
      type: shape.filter((part) => !isWildcard(part)).join('.'),
      shape,
      owner,
      ownerAt: ownerAt < 0 ? undefined : ownerAt,
      surface,
      anyText,
      standIn,
    };
  },
);

/** In agents' files of auth profiles and not in the config; stored as `keyRef` and `tokenRef` (secrets.md §9). */
export const profileTargets: Readonly<Record<'key' | 'token', SecretTarget>> = {
  key: profileTarget('auth-profiles.api_key.key', 'key'),
  token: profileTarget('auth-profiles.token.token', 'token'),
};

/** Whatever a plan or a question may name. */
export const everyTarget: readonly SecretTarget[] = [...secretTargets, ...Object.values(profileTargets)];

/** Every place in a document that a target's shape fits, with what is there. */
export function* placesOf(
  { shape }: Pick<SecretTarget, 'shape'>,
  root: unknown,
  at = 0,
  before: readonly string[] = [],
): Generator<{ readonly segments: readonly string[]; readonly value: unknown }> {
  const part = shape[at];
  if (part === undefined) {
    yield { segments: before, value: root };
    return;
  }
  if (typeof root !== 'object' || root === null || (part === '[]') !== Array.isArray(root)) return;
  const keys = isWildcard(part) ? Object.keys(root) : Object.hasOwn(root, part) ? [part] : [];
  for (const key of keys)
    yield* placesOf({ shape }, (root as Readonly<Record<string, unknown>>)[key], at + 1, [...before, key]);
}

/** With indexes as numbers, as issues and people write them. */
export function configPath(segments: readonly string[], shape: readonly string[]): ConfigPath {
  return segments.map((segment, index) => (shape[index] === '[]' ? Number(segment) : segment));
}

function isWildcard(part: string): boolean {
  return part === '*' || part === '[]';
}

function profileTarget(type: string, field: string): SecretTarget {
  const shape = ['profiles', '*', field];
  return { type, shape, owner: 'auth-profile', ownerAt: 1, surface: 'always', anyText: false, standIn: '' };
}

function channelRows(fields: Readonly<Record<string, readonly string[]>>): Row[] {
  return Object.entries(fields).flatMap(([channel, names]) =>
    names.flatMap((name): Row[] => [
      { path: `channels.${channel}.${name}`, owner: 'channel', surface: 'channel' },
      { path: `channels.${channel}.accounts.*.${name}`, owner: 'channel', surface: 'channel' },
    ]),
  );
}
