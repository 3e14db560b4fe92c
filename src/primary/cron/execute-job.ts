/** A run of a job from its beginning to what is kept of it. */
import type { CronJob } from '../../shared/store/cron-records.js';
import type { SessionKey } from '../../shared/store/records.js';
import { STOPPED } from '../sessions/run-records.js';
import type { RunReader } from '../store/store.js';
import type { JobDeliveries, JobDelivery } from './deliver.js';
import type { FinishedRun } from './job-state.js';
import { outcomeOf, type JobOutcome } from './run-job.js';

export interface Execution {
  run(job: CronJob, runId: string): Promise<JobOutcome>;
  readonly deliveries: Pick<JobDeliveries, 'ended'>;
  /** It has run: what follows is for others. */
  ran(): void;
  now(): number;
}

export async function executeJob(job: CronJob, runId: string, execution: Execution): Promise<FinishedRun> {
  const { run, deliveries, ran, now } = execution;
  const runAtMs = job.state.runningAtMs ?? now();
  const { text, ...outcome } = await run(job, runId);
  ran();
  const { sessionKey = '', interrupted: _interrupted, ...told } = outcome;
  const event = { jobId: job.id, action: 'finished', ...told, runId, runAtMs, durationMs: now() - runAtMs };
  const key = sessionKey as SessionKey;
  const delivery = await deliveries.ended(job, { runId, key, text, event: { ...event, sessionKey } });
  return withDelivery(job, { ...outcome, runId, runAtMs }, delivery);
}

/** What could not be delivered makes the run an error, unless that does not matter. */
function withDelivery({ delivery }: CronJob, run: FinishedRun, { status, error }: JobDelivery): FinishedRun {
  const finished = { ...run, delivered: status === 'delivered', deliveryStatus: status };
  if (error === undefined || run.status === 'error') return finished;
  return { ...finished, error, ...(delivery?.bestEffort ? {} : { status: 'error' }) };
}

/** What the store says of a run that a crash of the gateway cut off: it may have ended before. */
export async function recoverJob(
  job: CronJob,
  runs: Pick<RunReader, 'get'>,
  deliveries: Pick<JobDeliveries, 'ended'>,
): Promise<FinishedRun> {
  const { runningAtMs: runAtMs = 0, runningRunId: runId = '' } = job.state;
  const record = runId === '' ? undefined : await runs.get(runId);
  if (!record?.end) return { runId, runAtMs, status: 'error', error: STOPPED, interrupted: true };
  const { text, ...outcome } = outcomeOf(record.end, record.sessionKey);
  const finished = { ...outcome, runId, runAtMs };
  // A webhook may have heard of it; what is announced is announced once, however often it is tried.
  if (job.delivery?.mode !== 'announce') return { ...finished, deliveryStatus: 'unknown' };
  const delivery = await deliveries.ended(job, { runId, key: record.sessionKey, text, event: {} });
  return withDelivery(job, finished, delivery);
}
