/**
 * Runs on sessions, from the moment that they are accepted: orders them, gives them to workers, stores and tells how they
 * end. An accepted run ends exactly once, whatever dies (architecture, invariant 4):
 *
 *   queued ──its turn──▶ starting (message stored) ──▶ running ◀──▶ without a worker
 *    │  │                    │                          │
 *    │  └─ another's turn ─▶ joining ─ taken over ──────┤
 *    └───────── abort ───────┴── abort, timeout, end ───┴──▶ ending (end stored) ──▶ told, forgotten
 *
 * What comes before is drawn in `run-acceptance.ts`, how runs wait for their turn in `run-queue.ts`.
 */
import type { QueueSettings } from '../../shared/config/queue-schema.js';
import { runLimits } from '../../shared/session-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { createPace } from '../../shared/pace.js';
import type { RunPart } from '../../shared/run-job.js';
import type { RunRecord, SessionKey } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import type { LaneWait, Place } from './lanes.js';
import { storeCompaction } from './store-compaction.js';
import { LiveRuns, type RunCounts } from './live-runs.js';
import { gone, viewOf, type LiveRun, type Run } from './run.js';
import { createRunAcceptance, type RunAcceptance } from './run-acceptance.js';
import { createRunDispatch, type RunWorkers } from './run-dispatch.js';
import type { ResetPolicy } from './reset-policy.js';
import { runEnd, type RunOutcome, type StopReason } from './run-end.js';
import type { Broadcast, TellTool } from './run-events.js';
import { createRunQueue, type ConcurrentRuns } from './run-queue.js';
import { createRunTools } from './run-tools.js';
import {
  storeDropped,
  storeEnd,
  storeInterruption,
  storeMessages,
  type BegunRun,
  type EndedRecord,
} from './run-records.js';
import { RunWaiters } from './run-waiters.js';
import type { Sessions } from './sessions.js';

export interface Runs extends Pick<RunAcceptance, 'accept' | 'close'> {
  /** Ends runs of a session, or the one that is named. Gives the ids of those that it ended. */
  abort(key: SessionKey, runId: string | undefined, stopReason: StopReason): Promise<readonly string[]>;
  /** Ends a run because the one worker that could run it is gone. */
  homeLost(runId: string): void;
  live(runId: string): LiveRun | undefined;
  /** Of one session, in the order in which they will run. */
  liveOf(key: SessionKey): readonly LiveRun[];
  /**
   * Resolves with the end of a run, also of one that is accepted later; undefined when the time is over before, or its
   * owner has left; `full` at once when too many wait.
   */
  waitFor(runId: string, timeoutMs: number, owner: object): Promise<RunRecord | undefined | 'full'>;
  /** Whoever waits has left. */
  left(owner: object): void;
  /** A place in the session's lane for something that is not a run; undefined when too many wait. */
  hold(key: SessionKey, start: () => void): Place | undefined;
  /** More may run at one time than before. */
  limitsChanged(): void;
  /** Ends what a crash of the gateway interrupted. Call before anything is accepted; nothing is before it resolves. */
  recover(): Promise<void>;
  received(slot: number, part: RunPart): void;
  workerReady(): void;
  workerLost(slot: number): void;
  counts(): RunCounts;
  /** Resolves when no run is left. */
  idle(): Promise<void>;
  /** Ends every run. */
  stop(): Promise<void>;
}

export interface RunsOptions {
  readonly sessions: Sessions;
  readonly workers: RunWorkers;
  readonly broadcast: Broadcast;
  readonly tellTool: TellTool;
  /** Looked at whenever they matter: they may change at any time. */
  concurrent(): ConcurrentRuns;
  queue(): QueueSettings;
  readonly resetPolicy: ResetPolicy;
  /** Told when its end is on disk. */
  ended(run: RunRecord): void;
  readonly log: Logger;
  now(): number;
}

export function createRuns(options: RunsOptions): Runs {
  const { sessions, log, now, broadcast, tellTool } = options;
  const { store } = sessions;
  const live = new LiveRuns<Run>();
  const voice = { broadcast, tellTool, pace: createPace(runLimits.deltaStepMs), now };
  const waiters = new RunWaiters();
  const idlers: (() => void)[] = [];
  const pruning = setInterval(() => {
    store
      .pruneRuns(now() - runLimits.keptMs, runLimits.kept)
      .catch((caught: unknown) => log.error('run.prune', toError(caught).message));
  }, runLimits.pruneIntervalMs);
  pruning.unref();

  const forget = (run: Run): void => {
    dispatch.forget(run);
    clearTimeout(run.timer);
    queue.leave(run);
    if (live.size > 0) return;
    void answered().then(() => idlers.splice(0).forEach((resolve) => resolve()));
  };

  /** Its turn has come; it takes those with it that join it. */
  const begin = async (run: Run): Promise<void> => {
    if (!(await run.claimed.promise) || run.state !== 'queued') return;
    const joining = queue.joining(run);
    run.state = 'starting';
    for (const one of joining) one.state = 'joining';
    run.timeoutMs = Math.max(run.timeoutMs, ...joining.map(({ timeoutMs }) => timeoutMs));
    let stored: BegunRun;
    try {
      const records = joining.map(({ record }) => record);
      stored = await storeMessages(sessions, run.record, records, now());
    } catch (caught) {
      const outcome = failure(`the message could not be stored: ${toError(caught).message}`);
      for (const one of [run, ...joining]) void finish(one, outcome);
      return;
    }
    begun(run, stored, joining);
  };

  /** Its message is stored, with those of the runs that it takes over. */
  const begun = (
    run: Run,
    { record, before, model, thinking, verbose, joined }: BegunRun,
    joining: readonly Run[],
  ): void => {
    run.record = record;
    run.before = before;
    run.model ??= model;
    run.thinking ??= thinking;
    run.verbose = verbose;
    run.events.started(record.startedAt as number);
    sessions.changed(run.input.key, { phase: 'start', runId: run.input.runId });
    for (const [n, one] of joined.entries()) endQuietly(joining[n] as Run, one);
    const toEnd = run.toEnd ?? run.interrupted;
    if (toEnd) return void finish(run, toEnd);
    run.state = 'running';
    run.timer = setTimeout(() => stop(run, stopped('timeout')), Math.min(run.timeoutMs, runLimits.longestMs));
    dispatch.start(run);
  };

  const stop = (run: Run, outcome: RunOutcome): void => {
    if (run.state === 'claiming' || run.state === 'starting') run.toEnd ??= outcome;
    else if (run.state !== 'joining' && run.state !== 'ending') {
      dispatch.abort(run);
      void finish(run, outcome);
    }
  };

  const interrupt = (run: Run, by: Run): void => {
    const outcome: RunOutcome = { ...stopped('rpc'), gaveWay: run.input.sender !== by.input.sender };
    if (run.state === 'claiming' || run.state === 'queued') run.interrupted = outcome;
    else stop(run, outcome);
  };

  const finish = async (run: Run, outcome: RunOutcome): Promise<void> => {
    if (run.state === 'ending') return;
    run.state = 'ending';
    clearTimeout(run.timer);
    const endedAt = now();
    run.deltas.end();
    const { messages: shown } = run.text;
    let told = outcome;
    let end = runEnd({ record: run.record, shown, isAck: run.text.isAck }, outcome, endedAt);
    try {
      await run.lines.stored();
      // An answer that says nothing leaves no line: the conversation goes on as if nobody had asked.
      const said = run.text.isAck ? '' : run.text.message;
      await storeEnd(sessions, run.record, said, outcome, end);
    } catch (caught) {
      const { message } = toError(caught);
      log.error('run.not-stored', `the end of run ${run.input.runId} could not be stored: ${message}`);
      told = failure(`interrupted: ${message}`);
      end = runEnd({ record: run.record, shown }, told, endedAt);
    }
    run.events.outcome(told, { startedAt: run.record.startedAt, endedAt }, run.text.shown);
    over(run, { ...run.record, end });
  };

  /** Ends a run that there is nothing to say about: its message has been taken over, or is kept in short. */
  const endQuietly = (run: Run, record: EndedRecord): void => {
    run.state = 'ending';
    run.events.final('', record.end.endedAt, undefined, undefined);
    over(run, record);
  };

  /** Its end is stored and told. */
  const over = (run: Run, record: EndedRecord): void => {
    const { runId, key } = run.input;
    const { end } = record;
    forget(run);
    sessions.changed(key, { phase: end.status === 'error' ? 'error' : 'end', runId });
    run.ended.resolve(end);
    waiters.ended(record);
    options.ended(record);
  };

  const drop = async (run: Run): Promise<void> => {
    const { drop, cap } = options.queue();
    const why = failure(`dropped: more than ${cap} messages were waiting`);
    if (drop !== 'summarize') return finish(run, why);
    run.state = 'joining';
    try {
      const { sender, key } = run.input;
      // What else they have written is answered; and of this the next turn hears in short.
      const gaveWay = live.of(key).every((other) => other === run || other.input.sender !== sender);
      endQuietly(run, await storeDropped(sessions, run.record, gaveWay, now()));
    } catch (caught) {
      await finish(run, failure(`the message could not be stored: ${toError(caught).message}`));
    }
  };

  const waited = ({ lane, waitedMs }: LaneWait): void => {
    if (waitedMs > runLimits.laneWaitMs) log.warn('run.lane-wait', 'lane wait exceeded', { lane, waitedMs });
  };

  const dispatch = createRunDispatch(options.workers, (run, message) => void finish(run, failure(message)));
  const queue = createRunQueue({
    live,
    settings: options.queue,
    concurrent: options.concurrent,
    now,
    waited,
    begin: (run) => void begin(run),
    interrupt,
    drop: (run) => void drop(run),
  });

  const acceptance = createRunAcceptance({
    sessions,
    live,
    queue,
    waiters,
    voice,
    resetPolicy: options.resetPolicy,
    log,
    accepted(run, stored) {
      // What comes of it must not reach its requester before the answer.
      if (stored) setImmediate(() => begun(run, stored, []));
      else if (run.toEnd) void finish(run, run.toEnd);
      else queue.accepted(run);
    },
    forget,
  });

  const onEnd = (run: Run, { end }: Extract<RunPart, { type: 'end' }>): void => {
    if (end.status === 'timeout') void finish(run, stopped('timeout'));
    else void finish(run, end);
  };

  const onCompaction = (run: Run, part: Extract<RunPart, { type: 'compaction' }>): void => {
    const { phase } = part;
    run.deltas.flush();
    run.events.compaction(phase, phase === 'end' && part.willRetry, now());
    const compaction = phase === 'end' ? part.compaction : null;
    if (!compaction) return;
    const { key, runId } = run.input;
    const { sessionId } = run.record;
    storeCompaction(sessions, { key, sessionId }, compaction, now())
      // Should the run begin anew, it begins with the summary.
      .then(async () => void (run.before = await store.transcripts.length(sessionId)))
      .catch((caught: unknown) => log.error('run.compaction', `${runId}: ${toError(caught).message}`));
  };

  /** Ends what was going on when the last gateway died. */
  const settle = async (): Promise<void> => {
    const open = await store.runs.open();
    for (const record of open.toSorted((a, b) => a.acceptedAt - b.acceptedAt))
      await storeInterruption(sessions, record, now());
  };

  const tools = createRunTools(sessions, now, (run, message) => stop(run, failure(message)));

  return {
    accept: acceptance.accept,
    close: acceptance.close,
    async abort(key, runId, stopReason) {
      const runs = live
        .of(key)
        .filter(({ input }) => runId === undefined || input.runId === runId)
        .filter(({ state }) => state !== 'ending' && state !== 'joining');
      // Those that wait first, so that none of them starts when the one before it ends.
      const ordered = runs.toSorted((a, b) => Number(a.place?.running) - Number(b.place?.running));
      for (const run of ordered) stop(run, stopped(stopReason));
      await Promise.all(ordered.map(gone));
      return runs.map(({ input }) => input.runId);
    },
    homeLost(runId) {
      const run = live.get(runId);
      if (run) stop(run, failure(`interrupted: ${WORKER_ENDED}`));
    },
    live(runId) {
      const run = live.get(runId);
      return run && viewOf(run);
    },
    liveOf: (key) => live.of(key).map(viewOf),
    async waitFor(runId, timeoutMs, owner) {
      const stored = live.get(runId) ? undefined : await store.runs.get(runId);
      if (stored?.end) return stored;
      return waiters.wait(runId, timeoutMs, owner);
    },
    left: (owner) => waiters.left(owner),
    hold: (key, start) => queue.hold(key, start),
    limitsChanged: queue.limitsChanged,
    recover: () => acceptance.openAfter(settle()),
    received(slot, part) {
      const run = live.get(part.runId);
      if (!run || run.slot !== slot || run.state !== 'running') return;
      if (part.type === 'end') onEnd(run, part);
      else if (part.type === 'lost') dispatch.lost(run, part.why);
      else if (part.type === 'compaction') onCompaction(run, part);
      else if (part.type !== 'text') tools.received(run, part);
      else {
        run.text.add(part.text);
        run.deltas.added();
      }
    },
    workerReady: dispatch.workerReady,
    workerLost(slot) {
      for (const run of live.all()) {
        if (run.slot === slot && run.state === 'running') dispatch.lost(run, WORKER_ENDED);
      }
    },
    counts: () => live.counts,
    idle: () => new Promise((resolve) => (live.size === 0 ? resolve() : idlers.push(resolve))),
    async stop() {
      acceptance.close();
      clearInterval(pruning);
      const all = live.all();
      for (const run of all) stop(run, stopped('restart'));
      await Promise.all(all.map(gone));
      await answered();
    },
  };
}

/** Resolves when those who waited for a run that has just ended have been answered, which takes a turn. */
function answered(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

const WORKER_ENDED = 'the worker process ended';

function stopped(stopReason: StopReason): Extract<RunOutcome, { status: 'stopped' }> {
  return { status: 'stopped', stopReason };
}

function failure(message: string): RunOutcome {
  return { status: 'error', kind: 'unknown', message };
}
