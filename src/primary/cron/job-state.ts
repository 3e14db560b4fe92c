/**
 * What becomes of a job when it runs:
 *
 *   waiting ──due, or asked for──▶ running ──ok──▶ waiting for its next time (`at`: disabled, or deleted)
 *                                     └─error──▶ waiting, at least as long as its failures in a row ask for
 *                                                (`at`: so many times; never again when it may have been done)
 */
import { cronLimits } from '../../shared/cron-limits.js';
import type { CronJob, CronJobState, CronRunEntry } from '../../shared/store/cron-records.js';
import { atTime, nextTime } from './schedule.js';

/** When the scheduler is to begin it; undefined while it runs, or never. */
export function dueTime({ enabled, state }: CronJob): number | undefined {
  return enabled && state.runningAtMs === undefined ? state.nextRunAtMs : undefined;
}

export function begun(job: CronJob, runId: string, now: number): CronJob {
  return { ...job, state: { ...withNext(job, nextTime(job, now)), runningAtMs: now, runningRunId: runId } };
}

/** As before `begun`. @param dueAt when it was due; undefined when it was not */
export function notBegun(job: CronJob, dueAt: number | undefined): CronJob {
  const { runningAtMs: _at, runningRunId: _run, ...state } = job.state;
  return { ...job, state: withNext({ state }, dueAt ?? state.nextRunAtMs) };
}

/** How a run has ended; `interrupted`: nobody knows what of it was done. */
export type FinishedRun = Omit<CronRunEntry, 'ts' | 'jobId' | 'action' | 'nextRunAtMs' | 'durationMs'> & {
  readonly runId: string;
  readonly runAtMs: number;
  readonly interrupted?: boolean;
};

export interface Finish {
  /** Null: it deletes itself. */
  readonly job: CronJob | null;
  readonly entry: CronRunEntry;
}

/** `job` as it is at the end: it may have been changed meanwhile. */
export function finished(job: CronJob, run: FinishedRun, now: number): Finish {
  const { interrupted = false, ...told } = run;
  const after = rest(job, run, interrupted, now);
  const { nextRunAtMs } = after?.state ?? {};
  return {
    job: after,
    entry: {
      ts: now,
      jobId: job.id,
      action: 'finished',
      ...told,
      durationMs: Math.max(0, now - run.runAtMs),
      ...(nextRunAtMs === undefined ? {} : { nextRunAtMs }),
    },
  };
}

function rest(job: CronJob, run: FinishedRun, interrupted: boolean, now: number): CronJob | null {
  const { status, error, runAtMs, delivered, deliveryStatus } = run;
  const { runningAtMs: _at, runningRunId: _run, lastError: _error, ...before } = job.state;
  const { consecutiveErrors = 0, ...kept } = before;
  const errors = status === 'error' ? consecutiveErrors + 1 : status === 'ok' ? 0 : consecutiveErrors;
  const state: CronJobState = {
    ...kept,
    lastRunAtMs: runAtMs,
    lastRunStatus: status,
    lastStatus: status,
    lastDurationMs: Math.max(0, now - runAtMs),
    consecutiveErrors: errors,
    // What went wrong beside a run that is good is in its entry.
    ...(error === undefined || status === 'ok' ? {} : { lastError: error }),
    ...(delivered === undefined ? {} : { lastDelivered: delivered }),
    ...(deliveryStatus === undefined ? {} : { lastDeliveryStatus: deliveryStatus }),
  };
  const ended = { ...job, state };
  const pause = status === 'error' ? backoff(errors) : 0;
  if (job.schedule.kind !== 'at') {
    const next = job.enabled ? nextTime(job, now) : undefined;
    return { ...ended, state: withNext(ended, next === undefined ? undefined : Math.max(next, now + pause)) };
  }
  const at = atTime(job.schedule.at);
  // It has another time by now.
  if (job.enabled && at !== undefined && at > runAtMs && (at > now || job.updatedAtMs > runAtMs))
    return { ...ended, state: withNext(ended, at) };
  if (status === 'ok' && job.deleteAfterRun) return null;
  const again = job.enabled && status === 'error' && !interrupted && errors <= cronLimits.backoffMs.length;
  if (again) return { ...ended, state: withNext(ended, now + pause) };
  return { ...ended, enabled: false, state: withNext(ended, undefined) };
}

/** The state with another next time, or none. */
export function withNext({ state }: Pick<CronJob, 'state'>, next: number | undefined): CronJobState {
  const { nextRunAtMs: _next, ...others } = state;
  return next === undefined ? others : { ...others, nextRunAtMs: next };
}

function backoff(errors: number): number {
  const { backoffMs } = cronLimits;
  return backoffMs[Math.min(errors, backoffMs.length) - 1] ?? 0;
}
