/** Which file log lines are in: the configured one, or the one of the day (operations.md §6, methods.md §8). */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { logFileDay, logFileName } from '../paths.js';

export interface LogPlace {
  /** Where dated files are. */
  readonly dir: string;
  /** Absolute path of the one file; null for one a day. */
  readonly configured: string | null;
}

/** Where lines are written at that time, whether it exists or not. */
export function currentLogFile({ dir, configured }: LogPlace, now: Date): string {
  return configured ?? join(dir, logFileName(now));
}

/** The same; where there is none of that day yet, the newest there is. */
export function newestLogFile(place: LogPlace, now: Date): string {
  const current = currentLogFile(place, now);
  if (place.configured !== null || existsSync(current)) return current;
  const newest = datedFiles(place.dir).at(-1);
  return newest === undefined ? current : join(place.dir, newest);
}

/** Where lines went before they went into this file; there may be no such file. */
export function fileBefore(path: string): string {
  const dir = dirname(path);
  const name = basename(path);
  const rolled = `${path}.1`;
  if (existsSync(rolled) || logFileDay(name) === undefined) return rolled;
  const before = datedFiles(dir).findLast((other) => other < name);
  return before === undefined ? rolled : join(dir, before);
}

/** Names, the oldest first, without those that were moved aside for their size. */
function datedFiles(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith('.log') && logFileDay(name) !== undefined)
    .toSorted();
}
