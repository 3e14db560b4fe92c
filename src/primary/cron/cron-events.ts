/** What clients are told of jobs: event `cron` (methods.md §9). */
import type { CronJob, CronRunEntry } from '../../shared/store/cron-records.js';
import type { Broadcast } from '../sessions/run-events.js';

export interface CronEvents {
  changed(action: 'added' | 'updated', job: CronJob): void;
  removed(jobId: string): void;
  started(job: CronJob): void;
  finished(entry: CronRunEntry): void;
}

export function createCronEvents(broadcast: Broadcast): CronEvents {
  return {
    changed: (action, job) =>
      broadcast('cron', () => JSON.stringify({ jobId: job.id, action, job: withoutAddress(job) })),
    removed: (jobId) => broadcast('cron', () => JSON.stringify({ jobId, action: 'removed' })),
    started: ({ id, state }) =>
      broadcast('cron', () =>
        JSON.stringify({
          jobId: id,
          action: 'started',
          runAtMs: state.runningAtMs,
          runId: state.runningRunId,
        }),
      ),
    finished: (entry) => broadcast('cron', () => JSON.stringify(finishedEvent(entry))),
  };
}

/** Also what a webhook is posted. */
export function finishedEvent({ ts: _ts, ...entry }: CronRunEntry): object {
  return entry;
}

/** For those who are not admins: the address of a webhook is often its secret. */
export function withoutAddress(job: CronJob): CronJob {
  const { delivery, failureAlert } = job;
  const hides = delivery?.mode === 'webhook' && delivery.to !== undefined;
  const alertHides = failureAlert && failureAlert.mode === 'webhook' && failureAlert.to !== undefined;
  return {
    ...job,
    ...(hides ? { delivery: { ...delivery, to: '[redacted]' } } : {}),
    ...(alertHides ? { failureAlert: { ...failureAlert, to: '[redacted]' } } : {}),
  };
}
