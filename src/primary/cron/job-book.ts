/** All jobs as they are: in memory what is in the store, and nothing before it is there. */
import type { CronConfig } from '../../shared/config/cron-schema.js';
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import type { CronJob, CronRunEntry } from '../../shared/store/cron-records.js';
import type { Store } from '../store/store.js';
import { createDueTimes, type DueTimes } from './due-times.js';
import { dueTime } from './job-state.js';

export interface JobChange {
  /** Null deletes it. */
  readonly job: CronJob | null;
  readonly entry?: CronRunEntry;
}

export interface JobBook {
  readonly size: number;
  get(id: string): CronJob | undefined;
  all(): Iterable<CronJob>;
  /** Which are to begin when. */
  readonly due: DueTimes;
  /**
   * Changes a job, one change after another; nothing where `make` gives nothing. Resolves when it is stored.
   * @throws StoreError: then all is as before
   */
  change<C extends JobChange>(
    id: string,
    make: (before: CronJob | undefined) => C | undefined,
  ): Promise<C | undefined>;
}

/** @param runLog bounds of a job's run log, as the config says now */
export async function openJobBook(
  store: Pick<Store, 'cron' | 'commit'>,
  runLog: () => CronConfig['runLog'],
): Promise<JobBook> {
  const jobs = new Map<string, CronJob>();
  const due = createDueTimes();
  const queue = createKeyedQueue();
  for (const job of await store.cron.jobs()) {
    jobs.set(job.id, job);
    due.set(job.id, dueTime(job));
  }
  return {
    get size() {
      return jobs.size;
    },
    get: (id) => jobs.get(id),
    all: () => jobs.values(),
    due,
    change: (id, make) =>
      queue.run(id, async () => {
        const change = make(jobs.get(id));
        if (!change) return undefined;
        const { job, entry } = change;
        const { keepLines: entries, maxBytes: bytes } = runLog();
        await store.commit([
          { type: 'cron-job', jobId: id, job },
          // The log of a job that is gone is gone with it.
          ...(job && entry ? [{ type: 'cron-run', entry, keep: { entries, bytes } } as const] : []),
        ]);
        if (job) jobs.set(id, job);
        else jobs.delete(id);
        due.set(id, job ? dueTime(job) : undefined);
        return change;
      }),
  };
}
