/** Reads the run logs of jobs, a few entries at a time (methods.md §9, `cron.runs`). */
import { setImmediate as otherWork } from 'node:timers/promises';
import { cronLimits } from '../../shared/cron-limits.js';
import type { CronRunEntry, CronStatus } from '../../shared/store/cron-records.js';
import type { CronReader } from '../store/store.js';

export interface RunLogQuery {
  /** Undefined: of all jobs. */
  readonly jobId: string | undefined;
  readonly status: CronStatus | undefined;
  /** In an error, a summary or the id of a job; case does not matter. */
  readonly query: string | undefined;
  readonly newestFirst: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface RunLogPage {
  readonly entries: readonly CronRunEntry[];
  /** That fit, of those that were looked at. */
  readonly total: number;
}

export async function readRunLog(reader: CronReader, asked: RunLogQuery): Promise<RunLogPage> {
  const { jobId, newestFirst, offset, limit, status, query } = asked;
  if (status === undefined && query === undefined) {
    const entries = await reader.log({ jobId, newestFirst, offset, limit });
    return { entries, total: await reader.logLength(jobId) };
  }
  const entries: CronRunEntry[] = [];
  const words = query?.toLowerCase();
  let total = 0;
  for (let at = 0; at < cronLimits.logScan; at += cronLimits.logChunk) {
    const some = await reader.log({ jobId, newestFirst, offset: at, limit: cronLimits.logChunk });
    for (const entry of some) {
      if (!fits(entry, status, words)) continue;
      if (total >= offset && entries.length < limit) entries.push(entry);
      total += 1;
    }
    if (some.length < cronLimits.logChunk) break;
    await otherWork();
  }
  return { entries, total };
}

function fits(entry: CronRunEntry, status: CronStatus | undefined, words: string | undefined): boolean {
  if (status !== undefined && entry.status !== status) return false;
  if (words === undefined) return true;
  const { error = '', summary = '', jobId } = entry;
  return [error, summary, jobId].some((text) => text.toLowerCase().includes(words));
}
