/** Changes of a config as data: single places that are set or removed. */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../is-record.js';
import type { ConfigPath } from '../path.js';

export type Edit =
  | { readonly path: ConfigPath; readonly value: unknown }
  | { readonly path: ConfigPath; readonly remove: true };

/** The fewest places that turn `before` into `after`; entries of lists are compared where they stand. */
export function editsBetween(before: unknown, after: unknown, path: ConfigPath = []): Edit[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key): Edit[] => {
      const at = [...path, key];
      if (!Object.hasOwn(after, key)) return [{ path: at, remove: true }];
      if (!Object.hasOwn(before, key)) return [{ path: at, value: after[key] }];
      return editsBetween(before[key], after[key], at);
    });
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const changed = after.flatMap((item: unknown, index): Edit[] => {
      const at = [...path, index];
      return index < before.length ? editsBetween(before[index], item, at) : [{ path: at, value: item }];
    });
    // From the end, so that each index is still right when its turn comes.
    const gone = before.slice(after.length).map((_, index): Edit => {
      return { path: [...path, before.length - 1 - index], remove: true };
    });
    return [...changed, ...gone];
  }
  return isDeepStrictEqual(before, after) ? [] : [{ path, value: after }];
}

/** A copy with the edit made; sections on the way are made where there are none. */
export function withEdit(value: unknown, edit: Edit): unknown {
  return edited(value, edit.path, edit);
}

function edited(value: unknown, [part, ...rest]: ConfigPath, edit: Edit): unknown {
  if (part === undefined) return 'value' in edit ? edit.value : undefined;
  const removes = 'remove' in edit && rest.length === 0;
  if (Array.isArray(value) && typeof part === 'number') {
    if ('remove' in edit && part >= value.length) return value;
    if (removes) return value.toSpliced(part, 1);
    return value.toSpliced(part, 1, edited(value[part], rest, edit));
  }
  const own = isRecord(value) ? value : {};
  const key = String(part);
  const present: unknown = Object.hasOwn(own, key) ? own[key] : undefined;
  if (removes) return Object.fromEntries(Object.entries(own).filter(([name]) => name !== key));
  if (Object.hasOwn(own, key)) {
    return Object.fromEntries(
      Object.entries(own).map(([name, entry]) => [name, name === key ? edited(present, rest, edit) : entry]),
    );
  }
  if ('remove' in edit) return value;
  return Object.fromEntries([...Object.entries(own), [key, edited(undefined, rest, edit)]]);
}
