/** `config.patch` (methods.md §6): objects merge, null removes, anything else replaces; lists of entries with ids merge by id. */
import { isRecord } from '../../is-record.js';
import { formatPath, type ConfigPath } from '../path.js';
import { ConfigWriteError } from './error.js';

/**
 * @param replacePaths lists that may get shorter
 * @throws ConfigWriteError when another list would
 */
export function mergePatch(base: unknown, patch: unknown, replacePaths: ReadonlySet<string>): unknown {
  const shortened: string[] = [];
  const merge = (old: unknown, over: unknown, path: ConfigPath): unknown => {
    if (isRecord(over)) {
      const merged = new Map(isRecord(old) ? Object.entries(old) : []);
      for (const [key, value] of Object.entries(over)) {
        if (value === null) merged.delete(key);
        else merged.set(key, merge(merged.get(key), value, [...path, key]));
      }
      return Object.fromEntries(merged);
    }
    if (!Array.isArray(over) || !Array.isArray(old)) return over;
    const mayShrink = replacePaths.has(formatPath(path));
    if (!mayShrink && haveIds(old) && haveIds(over)) return mergeById(old, over, path);
    if (!mayShrink && over.length < old.length) shortened.push(formatPath(path));
    return over;
  };
  const mergeById = (old: readonly WithId[], over: readonly WithId[], path: ConfigPath): unknown[] => {
    const ids = new Set(old.map(({ id }) => id));
    const changed = old.map((entry, index) => {
      const patch = over.find(({ id }) => id === entry.id);
      return patch ? merge(entry, patch, [...path, index]) : entry;
    });
    return [...changed, ...over.filter(({ id }) => !ids.has(id))];
  };
  const merged = merge(base, patch, []);
  if (shortened.length > 0) {
    throw new ConfigWriteError(
      'refused',
      `config.patch would remove entries from array path(s): ${shortened.join(', ')}. Pass replacePaths to allow that.`,
    );
  }
  return merged;
}

interface WithId {
  readonly id: string;
}

function haveIds(list: readonly unknown[]): list is readonly WithId[] {
  return list.length > 0 && list.every((entry) => isRecord(entry) && typeof entry.id === 'string');
}
