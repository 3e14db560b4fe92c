/** What a config keeps of the one before it: values whose change has to wait for a restart (config.md §12.3). */
import { isRecord } from '../../is-record.js';
import type { ConfigPath } from '../path.js';

/** `next` with what stood in `before` at these paths; what was not there is left out. */
export function keepValues<T>(before: T, next: T, paths: readonly ConfigPath[]): T {
  return paths.reduce<unknown>((config, path) => keep(before, config, path.map(String)), next) as T;
}

function keep(before: unknown, next: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return before;
  if (before instanceof Map || next instanceof Map) {
    const copy = new Map<unknown, unknown>(next instanceof Map ? next : []);
    const kept = keep(before instanceof Map ? before.get(key) : undefined, copy.get(key), rest);
    if (kept === undefined) copy.delete(key);
    else copy.set(key, kept);
    return copy;
  }
  const { [key]: entry, ...others } = isRecord(next) ? next : {};
  const kept = keep(isRecord(before) ? before[key] : undefined, entry, rest);
  return kept === undefined ? others : { ...others, [key]: kept };
}
