/**
 * Begins jobs when they are due, at most so many at one time, and keeps what became of them:
 *
 *   due ──place free──▶ beginning (stored) ──▶ running ──▶ delivering ──▶ ended (stored with its entry of the run log)
 *                                                 └── gateway killed: ended at the next start, never begun again
 *
 * What was due while the gateway was down, or the machine slept, is due once, at once. The times of a job that come while
 * it runs are left out.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import { cronLimits } from '../../shared/cron-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { CronJob, CronRunEntry } from '../../shared/store/cron-records.js';
import { toError } from '../../shared/to-error.js';
import { createAlarm, type Clock } from '../alarm.js';
import type { CronEvents } from './cron-events.js';
import type { JobBook } from './job-book.js';
import { begun, dueTime, finished, notBegun, withNext, type Finish, type FinishedRun } from './job-state.js';
import { NotBegun } from './run-job.js';
import { nextTime } from './schedule.js';

export interface SchedulerOptions {
  readonly book: JobBook;
  readonly clock: Clock;
  /** Looked at whenever they matter. */
  enabled(): boolean;
  concurrent(): number;
  readonly events: CronEvents;
  /** Runs a job to its end; `ran` when its place is free for others. Rejects for nothing but what nobody foresaw. */
  execute(job: CronJob, runId: string, ran: () => void): Promise<FinishedRun>;
  /** How a run has ended that a crash of the gateway cut off. */
  recovered(job: CronJob): Promise<FinishedRun>;
  /** A run has ended, and this is what its job is now. */
  ended(job: CronJob | undefined, entry: CronRunEntry): void;
  /** Milliseconds between when a job was due and when it begins. */
  lag(ms: number): void;
  readonly log: Logger;
}

export type ForcedRun =
  | { readonly enqueued: true; readonly runId: string }
  | { readonly enqueued: false; readonly reason: 'not-due' | 'already-running' };

export interface Scheduler {
  /** Ends what the last gateway left; then begins what is due. */
  start(): Promise<void>;
  /** Times of jobs, or what the config says, have changed. */
  changed(): void;
  /** Begins a job now; of mode `due` only when it is. Undefined when there is none. @throws StoreError */
  force(jobId: string, mode: 'due' | 'force'): Promise<ForcedRun | undefined>;
  /** When it looks at the jobs next because one is due; undefined for none. */
  nextAt(): number | undefined;
  /** Begins nothing any more. */
  stop(): void;
  /** Resolves when what runs has ended. */
  idle(): Promise<void>;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { book, clock, events, log } = options;
  const { now } = clock;
  /** Due, in the order in which they will begin, with when they were. */
  const waiting = new Map<string, number>();
  const under = new Set<Promise<void>>();
  /** Forced ones have a place as well, also where there is none left: whoever asks waits for nobody. */
  let running = 0;
  let phase: 'starting' | 'running' | 'stopped' = 'starting';
  /** The store does not take what begins. */
  let blocked = false;
  let before = now();
  let saidOff = false;

  const active = (): boolean => {
    if (options.enabled()) {
      saidOff = false;
      return true;
    }
    if (!saidOff) log.info('cron.disabled', 'cron: scheduler disabled; jobs will not run automatically');
    saidOff = true;
    waiting.clear();
    return false;
  };

  const rearm = (): void => {
    if (phase !== 'running') return;
    alarm.set(active() ? book.due.next() : undefined);
  };

  const tick = async (): Promise<void> => {
    if (phase !== 'running') return;
    const at = now();
    const setBack = before - at;
    before = at;
    if (setBack > 0) await clockSetBack(setBack);
    if (active()) {
      for (const id of book.due.take(at)) waiting.set(id, book.get(id)?.state.nextRunAtMs ?? at);
      pump();
    }
    rearm();
  };

  const pump = (): void => {
    const mayBegin = (): boolean => phase === 'running' && !blocked && running < options.concurrent();
    for (let [next] = waiting; next && mayBegin(); [next] = waiting) {
      const [id, dueAt] = next;
      waiting.delete(id);
      const job = book.get(id);
      // Changed, removed or begun by hand since it was due.
      if (!job || (dueTime(job) ?? Number.POSITIVE_INFINITY) > now()) {
        if (job) book.due.set(id, dueTime(job));
        continue;
      }
      running += 1;
      track(begin(job.id, dueAt));
    }
  };

  const begin = async (id: string, dueAt: number): Promise<void> => {
    let job: CronJob | undefined;
    try {
      job = await claim(id, randomUUID());
    } catch (caught) {
      log.error('cron.tick', 'cron: timer tick failed', { error: toError(caught).message });
      waiting.set(id, dueAt);
      // It is not the only one that cannot be stored.
      if (!blocked) void pause().then(unblock);
      blocked = true;
    }
    if (!job) return free();
    options.lag(Math.max(0, now() - dueAt));
    await run(job, dueAt);
  };

  const unblock = (): void => {
    blocked = false;
    pump();
  };
  const free = (): void => {
    running -= 1;
    pump();
    rearm();
  };

  /** It runs from here on; undefined when it does already, or is no more. */
  const claim = async (id: string, runId: string): Promise<CronJob | undefined> => {
    const change = await book.change(id, (job) =>
      job && job.state.runningAtMs === undefined ? { job: begun(job, runId, now()) } : undefined,
    );
    if (change) events.started(change.job);
    return change?.job;
  };

  /** @param dueAt undefined for one that was not due */
  const run = async (job: CronJob, dueAt?: number): Promise<void> => {
    const { runningAtMs: runAtMs = now(), runningRunId: runId = '' } = job.state;
    let freed = false;
    const ran = (): void => {
      if (!freed) free();
      freed = true;
    };
    let end: FinishedRun;
    try {
      end = await options.execute(job, runId, ran);
    } catch (caught) {
      if (caught instanceof NotBegun) return release(job, dueAt);
      const error = toError(caught).message.slice(0, cronLimits.errorChars);
      end = { runId, runAtMs, status: 'error', error };
    }
    await finish(job.id, end);
    ran();
  };

  /** It was not begun after all: what it was due for it is still. */
  const release = async ({ id, state }: CronJob, dueAt: number | undefined): Promise<void> => {
    await book.change(id, (job) =>
      job && job.state.runningRunId === state.runningRunId ? { job: notBegun(job, dueAt) } : undefined,
    );
    free();
  };

  /** Stores the end, however long that takes: a run that has not ended cannot begin again. */
  const finish = async (id: string, end: FinishedRun): Promise<void> => {
    for (;;) {
      try {
        const change = await book.change(id, (job): Finish | undefined =>
          job?.state.runningRunId === end.runId ? finished(job, end, now()) : undefined,
        );
        if (change) {
          events.finished(change.entry);
          if (!change.job) events.removed(id);
          options.ended(change.job ?? undefined, change.entry);
        }
        return rearm();
      } catch (caught) {
        log.error('cron.tick', 'cron: timer tick failed', { error: toError(caught).message });
        // The next start ends it.
        if (phase === 'stopped') return;
        await pause();
      }
    }
  };
  const pause = (): Promise<void> => new Promise((resolve) => void clock.after(cronLimits.retryMs, resolve));

  const track = (work: Promise<void>): void => {
    under.add(work);
    void work.finally(() => under.delete(work));
  };

  /** Looks at every job, a few at a time. */
  const each = async (look: (job: CronJob) => Promise<void>): Promise<void> => {
    let count = 0;
    for (const id of Array.from(book.all(), (job) => job.id)) {
      const job = book.get(id);
      if (job) await look(job);
      if ((count += 1) % cronLimits.chunk === 0) await otherWork();
    }
  };

  /**
   * Gives a job the time that it has by the present clock. An interval begins anew; a time of day that has been there waits
   * until the clock is as late again, unless it was set back so far that it must have been wrong.
   */
  const retime = async (job: CronJob, wrong: (aheadMs: number) => boolean): Promise<void> => {
    const { nextRunAtMs: stored } = job.state;
    if (job.schedule.kind === 'at' || !job.enabled || stored === undefined || stored <= now()) return;
    if ((job.state.consecutiveErrors ?? 0) > 0 && stored - now() <= Math.max(...cronLimits.backoffMs)) return;
    const next = nextTime(job, now());
    if (next === undefined || next >= stored) return;
    if (job.schedule.kind === 'cron' && !wrong(stored - next)) return;
    await book.change(job.id, (latest) =>
      latest?.state.nextRunAtMs === stored
        ? { job: { ...latest, state: withNext(latest, next) } }
        : undefined,
    );
  };

  const clockSetBack = async (byMs: number): Promise<void> => {
    log.warn('cron.clock', `cron: the clock was set back by ${Math.round(byMs / 1_000)} s`);
    await each((job) => retime(job, () => byMs >= cronLimits.clockSetBackMs));
  };

  const alarm = createAlarm(clock, () => {
    tick().catch((caught: unknown) => {
      log.error('cron.tick', 'cron: timer tick failed', { error: toError(caught).message });
      rearm();
    });
  });

  return {
    async start() {
      const cutOff = [...book.all()].filter(({ state }) => state.runningAtMs !== undefined);
      for (const job of cutOff) await finish(job.id, await options.recovered(job));
      // The last gateway may have had another clock.
      await each((job) => retime(job, (aheadMs) => aheadMs >= cronLimits.clockSetBackMs));
      if (phase !== 'starting') return;
      phase = 'running';
      before = now();
      await tick();
    },
    changed() {
      pump();
      rearm();
    },
    async force(id, mode) {
      const job = book.get(id);
      if (!job) return undefined;
      if (job.state.runningAtMs !== undefined) return { enqueued: false, reason: 'already-running' };
      if (mode === 'due' && (dueTime(job) ?? Number.POSITIVE_INFINITY) > now())
        return { enqueued: false, reason: 'not-due' };
      const runId = randomUUID();
      const claimed = await claim(id, runId);
      if (!claimed) return book.get(id) && { enqueued: false, reason: 'already-running' };
      running += 1;
      track(run(claimed));
      return { enqueued: true, runId };
    },
    nextAt: () => (options.enabled() ? book.due.next() : undefined),
    stop() {
      phase = 'stopped';
      alarm.stop();
    },
    async idle() {
      while (under.size > 0) await Promise.all(under);
    },
  };
}
