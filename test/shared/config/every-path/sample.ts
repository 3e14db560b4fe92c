/** A config with an entry wherever one needs others beside it, and how single values are put into it. */
import { parsePath, type ConfigPath } from '../../../../src/shared/config/path.js';

const sample = {
  agents: { list: [{ id: 'one' }] },
  auth: { profiles: { p: { provider: 'p', mode: 'api_key' } } },
  bindings: [{ agentId: 'one', match: { channel: 'irc', peer: { kind: 'dm', id: 'x' } } }],
  hooks: { mappings: [{ transform: { module: 'x' } }] },
  models: { providers: { p: { models: [{ id: 'm' }] } } },
  mcp: { servers: { near: { command: 'x' }, far: { url: 'http://h/' } } },
  session: { sendPolicy: { rules: [{ action: 'deny', match: {} }] } },
  secrets: {
    providers: {
      some: { source: 'env' },
      stored: { source: 'file', path: '/f' },
      told: { source: 'exec', command: '/c' },
    },
  },
};

/** `models.providers.*.models[].id` → `models.providers.p.models[0].id`: the first entry, or one that is to be made. */
export function placeOf(path: string): ConfigPath {
  let node: unknown = sample;
  const parts = parsePath(path.replaceAll('[]', '[0]')) ?? [];
  return parts.map((part) => {
    const own = typeof node === 'object' && node !== null ? node : {};
    const key = part === '*' ? (Object.keys(own)[0] ?? 'k') : part;
    node = (own as Readonly<Record<string | number, unknown>>)[key];
    return key;
  });
}

export function withValue(path: ConfigPath, value: unknown): object {
  const set = (node: unknown, [part, ...rest]: ConfigPath): unknown => {
    if (part === undefined) return value;
    const copy = structuredClone(node ?? (typeof part === 'number' ? [] : {})) as Record<
      string | number,
      unknown
    >;
    copy[part] = set(copy[part], rest);
    return copy;
  };
  return set(sample, path) as object;
}

export function valueAt(root: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (node, part) => (node as Readonly<Record<string | number, unknown>> | null | undefined)?.[part],
    root,
  );
}
