/**
 * What somebody got, changed and sent again, with what was taken out or put in on the way: secrets that were not shown are
 * as they were, and what came from `${NAME}` and is unchanged is written as that (config.md §6, methods.md §6).
 */
import { isRecord } from '../../is-record.js';
import type { Environment } from '../../paths.js';
import { formatPath, type ConfigPath } from '../path.js';
import { isSensitive, REDACTED, shownScalar } from '../redact/sensitive.js';
import { substituteText } from '../substitute.js';
import { ConfigWriteError } from './error.js';

/** Retired, and still sent by clients of another program. */
const historic = '__OPENCLAW_REDACTED__';

/**
 * @param present what is in the files now, as written
 * @throws ConfigWriteError for a secret that is to stay and is not there
 */
export function restoreWritten(next: unknown, present: unknown, env: Environment): unknown {
  const walk = (value: unknown, old: unknown, path: ConfigPath, within: boolean): unknown => {
    const sensitive = within || isSensitive(path);
    if (Array.isArray(value)) {
      const items: readonly unknown[] = Array.isArray(old) ? old : [];
      return value.map((item: unknown, index) =>
        walk(item, counterpart(item, index, items), [...path, index], sensitive),
      );
    }
    if (isRecord(value)) {
      const own = isRecord(old) ? old : {};
      const entries = Object.entries(value).map(([key, entry]) => {
        return [key, walk(entry, Object.hasOwn(own, key) ? own[key] : undefined, [...path, key], sensitive)];
      });
      return Object.fromEntries(entries) as unknown;
    }
    if (typeof value !== 'string') return value;
    if (value === historic || value.includes(REDACTED)) return kept(value, old, path, sensitive);
    const wasVariable = typeof old === 'string' && old !== value && old.includes('${');
    if (!wasVariable) return value;
    const { replaced, missing } = substituteText(old, env);
    return missing === undefined && replaced === value ? old : value;
  };
  return walk(next, present, [], false);
}

function kept(value: string, old: unknown, path: ConfigPath, sensitive: boolean): unknown {
  const whole = value === REDACTED || value === historic;
  if (old !== undefined && (whole || shownScalar(old, sensitive) === value)) return old;
  throw new ConfigWriteError(
    'refused',
    `${formatPath(path)}: there is no current value to keep for ${value}`,
  );
}

/** An entry of a list is found again by its id, else by its place. */
function counterpart(item: unknown, index: number, items: readonly unknown[]): unknown {
  if (!isRecord(item) || typeof item.id !== 'string') return items[index];
  return items.find((other) => isRecord(other) && other.id === item.id);
}
