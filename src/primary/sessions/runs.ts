/**
 * Runs on sessions: accepts, orders, gives them to workers, stores and tells how they end. An accepted run ends exactly
 * once, whatever dies (architecture, invariant 4):
 *
 *   claiming ──key taken──▶ dropped
 *      └──▶ queued ──its turn──▶ starting (message stored) ──▶ running ◀──▶ without a worker
 *              │                     │                          │
 *              └────── abort ────────┴── abort, timeout, end ───┴──▶ ending (end stored) ──▶ told, forgotten
 */
import { deferred, type Deferred } from '../../shared/deferred.js';
import { runLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { ModelRef } from '../../shared/config/model-ref.js';
import type { RunJob, RunPart } from '../../shared/run-job.js';
import type { RunEnd, RunMethod, RunRecord, SessionKey } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import { LiveRuns } from './live-runs.js';
import { createLanes, type Place } from './lanes.js';
import { runEnd, type RunOutcome, type StopReason } from './run-end.js';
import { RunEvents, type Broadcast } from './run-events.js';
import { storeClaim, storeEnd, storeInterruption, storeMessage } from './run-records.js';
import { RunWaiters } from './run-waiters.js';
import { RunText } from './run-text.js';
import type { Sessions } from './sessions.js';

export interface RunInput {
  readonly method: RunMethod;
  readonly runId: string;
  readonly key: SessionKey;
  readonly agentId: string;
  readonly message: string;
  /** Milliseconds from its start; infinite for none. */
  readonly timeoutMs: number;
  readonly model?: ModelRef | undefined;
  readonly systemPrompt?: string | undefined;
}

/** A run that has not ended. */
export interface LiveRun {
  readonly record: RunRecord;
  readonly startedAt: number | undefined;
  /** What the model has said so far. */
  readonly text: string;
  readonly ended: Promise<RunEnd>;
}

export type Acceptance =
  | { readonly outcome: 'accepted' | 'in-flight'; readonly run: LiveRun }
  | { readonly outcome: 'ended'; readonly end: RunEnd }
  /** Another method used the key (protocol.md §19). */
  | { readonly outcome: 'key-taken'; readonly by: RunMethod }
  | { readonly outcome: 'busy' }
  /** The gateway is stopping. */
  | { readonly outcome: 'closed' };

/** The workers, as far as runs need them; a slot is the number of one. */
export interface RunWorkers {
  /** Gives the job to the ready worker with the fewest runs; undefined when none is ready. */
  start(job: RunJob): number | undefined;
  abort(slot: number, runId: string): void;
}

export interface Runs {
  /** @throws StoreError when it cannot be stored: then it was not accepted */
  accept(input: RunInput): Promise<Acceptance>;
  /** Ends runs of a session, or the one that is named. Gives the ids of those that it ended. */
  abort(key: SessionKey, runId: string | undefined, stopReason: StopReason): Promise<readonly string[]>;
  live(runId: string): LiveRun | undefined;
  /** Of one session, in the order in which they will run. */
  liveOf(key: SessionKey): readonly LiveRun[];
  /** Resolves with the end of a run, also of one that is accepted later; undefined when the time is over before. */
  waitFor(runId: string, timeoutMs: number): Promise<RunRecord | undefined>;
  /** Ends what a crash of the gateway interrupted. Call before anything is accepted. */
  recover(): Promise<void>;
  received(slot: number, part: RunPart): void;
  workerReady(): void;
  workerLost(slot: number): void;
  /** Nothing is accepted from here on; what was goes on. */
  close(): void;
  /** Resolves when no run is left. */
  idle(): Promise<void>;
  /** Ends every run. */
  stop(): Promise<void>;
}

export interface RunsOptions {
  readonly sessions: Sessions;
  readonly workers: RunWorkers;
  readonly broadcast: Broadcast;
  readonly maxConcurrent: number;
  readonly log: Logger;
  now(): number;
}

type State = 'claiming' | 'queued' | 'starting' | 'running' | 'ending';

interface Run {
  readonly input: RunInput;
  record: RunRecord;
  state: State;
  place: Place | undefined;
  readonly claimed: Deferred<boolean>;
  readonly ended: Deferred<RunEnd>;
  readonly events: RunEvents;
  readonly text: RunText;
  /** Lines that the model is to see. */
  before: number;
  /** Its own, or else the session's; undefined for the agent's. */
  model: ModelRef | undefined;
  slot: number | undefined;
  attempts: number;
  /** An abort that came while its key or its message was being stored. */
  stopReason: StopReason | undefined;
  timer: NodeJS.Timeout | undefined;
}

export function createRuns(options: RunsOptions): Runs {
  const { sessions, workers, log, now } = options;
  const { store } = sessions;
  const { waitingPerSession, waiting } = runLimits;
  const lanes = createLanes({ maxConcurrent: options.maxConcurrent, waitingPerSession, waiting });
  const live = new LiveRuns<Run>();
  const homeless = new Set<Run>();
  const waiters = new RunWaiters();
  const idlers: (() => void)[] = [];
  let closed = false;
  const pruning = setInterval(() => {
    store
      .pruneRuns(now() - runLimits.keptMs, runLimits.kept)
      .catch((caught: unknown) => log.error('run.prune', toError(caught).message));
  }, runLimits.pruneIntervalMs);
  pruning.unref();

  const forget = (run: Run): void => {
    live.delete(run);
    homeless.delete(run);
    clearTimeout(run.timer);
    run.place?.leave();
    if (live.size > 0) return;
    void answered().then(() => idlers.splice(0).forEach((resolve) => resolve()));
  };

  /** Its turn has come. */
  const begin = async (run: Run): Promise<void> => {
    if (!(await run.claimed.promise) || run.state !== 'queued') return;
    run.state = 'starting';
    try {
      const stored = await storeMessage(sessions, run.record, now());
      run.record = stored.record;
      run.before = stored.before;
      run.model ??= stored.model;
    } catch (caught) {
      return finish(run, failure(`the message could not be stored: ${toError(caught).message}`));
    }
    if (run.stopReason) return finish(run, { status: 'stopped', stopReason: run.stopReason });
    run.state = 'running';
    run.events.started(run.record.startedAt as number);
    sessions.changed(run.input.key, { phase: 'start', runId: run.input.runId });
    const { timeoutMs } = run.input;
    if (timeoutMs <= runLimits.timerMaxMs) run.timer = setTimeout(() => stop(run, 'timeout'), timeoutMs);
    dispatch(run);
  };

  const dispatch = (run: Run): void => {
    const { runId, agentId, systemPrompt, timeoutMs } = run.input;
    const { sessionId } = run.record;
    run.slot = workers.start({
      runId,
      sessionId,
      before: run.before,
      agentId,
      model: run.model,
      systemPrompt,
      timeoutMs,
    });
    if (run.slot !== undefined) {
      run.attempts += 1;
      return;
    }
    homeless.add(run);
    setTimeout(() => {
      if (homeless.has(run)) void finish(run, failure('no worker is available'));
    }, runLimits.noWorkerMs).unref();
  };

  /** Its worker or thread is gone: what nobody has seen anything of may begin anew. */
  const lost = (run: Run, why: string): void => {
    run.slot = undefined;
    if (run.text.isEmpty && run.attempts < runLimits.attempts) dispatch(run);
    else void finish(run, failure(`interrupted: ${why}`));
  };

  const stop = (run: Run, stopReason: StopReason): void => {
    if (run.state === 'claiming' || run.state === 'starting') run.stopReason ??= stopReason;
    else if (run.state !== 'ending') {
      if (run.slot !== undefined) workers.abort(run.slot, run.input.runId);
      void finish(run, { status: 'stopped', stopReason });
    }
  };

  const finish = async (run: Run, outcome: RunOutcome): Promise<void> => {
    if (run.state === 'ending') return;
    run.state = 'ending';
    clearTimeout(run.timer);
    const endedAt = now();
    const rest = run.text.rest();
    if (rest) run.events.text(rest, endedAt);
    const shown = run.text.isSilent ? '' : run.text.all;
    let told = outcome;
    let end = runEnd({ record: run.record, shown }, outcome, endedAt);
    try {
      await storeEnd(sessions, run.record, run.text.all, outcome, end);
    } catch (caught) {
      const { message } = toError(caught);
      log.error('run.not-stored', `the end of run ${run.input.runId} could not be stored: ${message}`);
      told = failure(`interrupted: ${message}`);
      end = runEnd({ record: run.record, shown }, told, endedAt);
    }
    run.events.outcome(told, { startedAt: run.record.startedAt, endedAt }, shown);
    forget(run);
    const phase = told.status === 'error' ? 'error' : 'end';
    sessions.changed(run.input.key, { phase, runId: run.input.runId });
    run.ended.resolve(end);
    waiters.ended({ ...run.record, end });
  };

  const onEnd = (run: Run, { end }: Extract<RunPart, { type: 'end' }>): void => {
    if (end.status === 'timeout') void finish(run, { status: 'stopped', stopReason: 'timeout' });
    else void finish(run, end);
  };

  return {
    async accept(input) {
      const { runId, method, key, agentId, message } = input;
      if (closed) return { outcome: 'closed' };
      const known = live.get(runId);
      if (known) return repeated(known, method);
      const run: Run = {
        input,
        record: { runId, method, sessionKey: key, sessionId: '', agentId, message, acceptedAt: now() },
        state: 'claiming',
        place: undefined,
        claimed: deferred(),
        ended: deferred(),
        events: new RunEvents({ runId, sessionKey: key, agentId }, options.broadcast),
        text: new RunText(),
        before: 0,
        model: input.model,
        slot: undefined,
        attempts: 0,
        stopReason: undefined,
        timer: undefined,
      };
      // Its place is taken before anything is awaited: runs of a session go in the order in which they came.
      run.place = lanes.enter(key, () => void begin(run));
      if (!run.place) return { outcome: 'busy' };
      live.add(run);
      let taken: RunRecord | undefined;
      try {
        const claim = await storeClaim(sessions, run.record);
        run.record = claim.record;
        taken = claim.taken;
      } catch (caught) {
        run.claimed.resolve(false);
        forget(run);
        throw caught;
      }
      if (taken) {
        run.claimed.resolve(false);
        forget(run);
        if (taken.method !== method) return { outcome: 'key-taken', by: taken.method };
        if (!taken.end) throw new Error(`run ${runId} is open, but not here`);
        return { outcome: 'ended', end: taken.end };
      }
      run.state = 'queued';
      run.claimed.resolve(true);
      sessions.changed(key, { reason: 'send' });
      if (run.stopReason) void finish(run, { status: 'stopped', stopReason: run.stopReason });
      return { outcome: 'accepted', run: viewOf(run) };
    },
    async abort(key, runId, stopReason) {
      const runs = live
        .of(key)
        .filter(({ input, state }) => (runId === undefined || input.runId === runId) && state !== 'ending');
      // Those that wait first, so that none of them starts when the one before it ends.
      const ordered = runs.toSorted((a, b) => Number(a.place?.running) - Number(b.place?.running));
      for (const run of ordered) stop(run, stopReason);
      await Promise.all(ordered.map(gone));
      return runs.map(({ input }) => input.runId);
    },
    live: (runId) => viewIfAny(live.get(runId)),
    liveOf: (key) => live.of(key).map(viewOf),
    async waitFor(runId, timeoutMs) {
      const stored = live.get(runId) ? undefined : await store.runs.get(runId);
      if (stored?.end) return stored;
      return waiters.wait(runId, timeoutMs);
    },
    async recover() {
      for (const record of await store.runs.open()) await storeInterruption(sessions, record, now());
    },
    received(slot, part) {
      const run = live.get(part.runId);
      if (!run || run.slot !== slot || run.state !== 'running') return;
      if (part.type === 'end') onEnd(run, part);
      else if (part.type === 'lost') lost(run, part.why);
      else {
        const shown = run.text.add(part.text);
        if (shown) run.events.text(shown, now());
      }
    },
    workerReady() {
      for (const run of homeless) {
        homeless.delete(run);
        dispatch(run);
      }
    },
    workerLost(slot) {
      for (const run of live.all()) {
        if (run.slot === slot && run.state === 'running') lost(run, 'the worker process ended');
      }
    },
    close: () => void (closed = true),
    idle: () => new Promise((resolve) => (live.size === 0 ? resolve() : idlers.push(resolve))),
    async stop() {
      closed = true;
      clearInterval(pruning);
      const all = live.all();
      for (const run of all) stop(run, 'restart');
      await Promise.all(all.map(gone));
      await answered();
    },
  };

  function repeated(run: Run, method: RunMethod): Promise<Acceptance> | Acceptance {
    if (run.input.method !== method) return { outcome: 'key-taken', by: run.input.method };
    // Not before the first is accepted: it may yet fail to be.
    return run.claimed.promise.then((accepted) =>
      accepted ? { outcome: 'in-flight', run: viewOf(run) } : { outcome: 'busy' },
    );
  }
}

/** Resolves when the run has ended, or was never accepted. */
async function gone({ claimed, ended }: Run): Promise<void> {
  if (await claimed.promise) await ended.promise;
}

/** Resolves when those who waited for a run that has just ended have been answered, which takes a turn. */
function answered(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

function viewOf(run: Run): LiveRun {
  return {
    record: run.record,
    startedAt: run.record.startedAt,
    text: run.text.isSilent ? '' : run.text.all,
    ended: run.ended.promise,
  };
}

function viewIfAny(run: Run | undefined): LiveRun | undefined {
  return run && viewOf(run);
}

function failure(message: string): RunOutcome {
  return { status: 'error', kind: 'unknown', message };
}
