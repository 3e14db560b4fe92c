/** A config with the values of its refs in their places: a new one, since a config never changes. */
import type { PlacedRef } from './config-refs.js';

/** Values go past the schemas on purpose: what those say of a wrong value may show it. */
export function withSecrets<Config extends object>(
  config: Config,
  refs: readonly Pick<PlacedRef, 'path' | 'segments'>[],
  values: ReadonlyMap<string, string>,
): Config {
  return refs.reduce((resolved, { path, segments }) => {
    const value = values.get(path);
    return value === undefined ? resolved : (placed(resolved, segments, value) as Config);
  }, config);
}

function placed(parent: unknown, [key = '', ...rest]: readonly string[], value: string): unknown {
  const child = (inner: unknown): unknown => (rest.length === 0 ? value : placed(inner, rest, value));
  if (parent instanceof Map) return new Map(parent).set(key, child(parent.get(key)));
  if (Array.isArray(parent)) return parent.with(Number(key), child(parent[Number(key)]));
  const object = (typeof parent === 'object' ? parent : {}) as Readonly<Record<string, unknown>>;
  return { ...object, [key]: child(object[key]) };
}
