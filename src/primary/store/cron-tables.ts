/**
 * Cron jobs and their run logs in the embedded store. An entry is found by its job and by its time; a job's log knows its
 * own size, so that a run costs the same however long the log is.
 */
import type { Database, Key, RootDatabase } from 'lmdb';
import type { CronJob, CronRunEntry } from '../../shared/store/cron-records.js';
import type { CronLogBounds, CronLogPage, CronReader } from './store.js';

/** Entries `first` (included) to `next` (excluded). */
interface LogSize {
  readonly first: number;
  readonly next: number;
  readonly bytes: number;
}

export interface CronTables {
  readonly jobs: Database<CronJob, string>;
  readonly log: Database<CronRunEntry, [string, number]>;
  readonly sizes: Database<LogSize, string>;
  readonly byTime: Database<string, [number, string, number]>;
}

export function openCronTables(root: RootDatabase<unknown, string>): CronTables {
  const table = <V, K extends Key>(name: string): Database<V, K> => root.openDB<V, K>({ name });
  return {
    jobs: table('cron-jobs'),
    log: table('cron-log'),
    sizes: table('cron-log-size'),
    byTime: table('cron-log-all'),
  };
}

const none: LogSize = { first: 0, next: 0, bytes: 0 };

/** Inside a transaction, as everything that changes the tables. */
export function putCronJob(tables: CronTables, jobId: string, job: CronJob | null): void {
  if (job) return void tables.jobs.put(jobId, job);
  void tables.jobs.remove(jobId);
  const { first, next } = tables.sizes.get(jobId) ?? none;
  for (let n = first; n < next; n += 1) removeEntry(tables, jobId, n);
  void tables.sizes.remove(jobId);
}

export function addCronRun(tables: CronTables, entry: CronRunEntry, keep: CronLogBounds): void {
  const { jobId, ts } = entry;
  let { first, next, bytes } = tables.sizes.get(jobId) ?? none;
  void tables.log.put([jobId, next], entry);
  void tables.byTime.put([ts, jobId, next], '');
  next += 1;
  bytes += sizeOf(entry);
  while (next - first > 1 && (next - first > keep.entries || bytes > keep.bytes)) {
    bytes -= removeEntry(tables, jobId, first);
    first += 1;
  }
  void tables.sizes.put(jobId, { first, next, bytes });
}

export function cronReader(tables: CronTables): CronReader {
  const { jobs, log, sizes, byTime } = tables;
  return {
    jobs: async () => Array.from(jobs.getRange(), ({ value }) => value),
    async log({ jobId, newestFirst: reverse, offset, limit }: CronLogPage) {
      if (jobId === undefined) {
        const keys = byTime.getKeys({ reverse, offset, limit });
        return Array.from(keys, ([, id, n]) => log.get([id, n]) as CronRunEntry);
      }
      const { first, next } = sizes.get(jobId) ?? none;
      const from = reverse ? next - 1 - offset : first + offset;
      const count = Math.max(0, Math.min(limit, next - first - offset));
      return Array.from(
        { length: count },
        (_, n) => log.get([jobId, reverse ? from - n : from + n]) as CronRunEntry,
      );
    },
    async logLength(jobId) {
      if (jobId === undefined) return (byTime.getStats() as { readonly entryCount: number }).entryCount;
      const { first, next } = sizes.get(jobId) ?? none;
      return next - first;
    },
  };
}

/** Gives its size. */
function removeEntry({ log, byTime }: CronTables, jobId: string, n: number): number {
  const entry = log.get([jobId, n]);
  if (!entry) return 0;
  void log.remove([jobId, n]);
  void byTime.remove([entry.ts, jobId, n]);
  return sizeOf(entry);
}

function sizeOf(entry: CronRunEntry): number {
  return Buffer.byteLength(JSON.stringify(entry));
}
