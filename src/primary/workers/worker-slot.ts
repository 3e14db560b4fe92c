/**
 * One place for a worker process, kept filled. The life of its process:
 *
 *   starting ──ready──▶ ready ◀──pong── suspect (3 s silent: no new connections; 15 s: killed)
 *      │                  │drain            │
 *      │                  ▼                 │
 *      │               draining ──drained──▶ exiting
 *      └───────────────┬──┴─────────────────┴──▶ gone ──▶ starting again, at once if it had been ready,
 *                      │                                  else after a growing pause
 *                      └──▶ stopped, when the gateway stops
 */
import cluster, { type Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import type { PlacedLine } from '../../shared/history-row.js';
import { createAnswerer, createAsker, type Answerer, type Answers, type Asker } from '../../shared/asking.js';
import type {
  PrimaryQuestions,
  ToPrimary,
  ToWorker,
  WorkerQuestions,
  WorkerSnapshot,
} from '../../shared/ipc.js';
import type { RunJob } from '../../shared/run-job.js';
import { askLimits, workerLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { unreachable } from '../../shared/unreachable.js';
import type { HandoverTarget } from '../port/handover.js';
import { workerEnvironment } from './worker-environment.js';

export type SlotState = 'starting' | 'ready' | 'suspect' | 'draining' | 'exiting' | 'gone';

export interface SlotEvents {
  ready(slot: WorkerSlot): void;
  suspect(slot: WorkerSlot): void;
  /** The process is gone; `early` when it had never become ready. */
  lost(slot: WorkerSlot, early: boolean): void;
  taken(slot: WorkerSlot, id: number): void;
  declined(slot: WorkerSlot, id: number): void;
  message(
    slot: WorkerSlot,
    message: Extract<ToPrimary, { type: 'log' | 'metrics' | 'usage' | 'runs' }>,
  ): void;
}

/** Why a question to a worker got no answer: whatever it was about may have happened. */
export const WORKER_GONE = 'the worker ended';
/** What every worker must know, and is told anew when it changes. */
export type Standing = Extract<ToWorker, { type: 'tls' | 'failed-clients' }>;

/** Who answers what workers ask, told which slot's process it is. */
export type PrimaryAnswers = Answers<PrimaryQuestions, { readonly slot: number }>;

export interface WorkerSlot extends HandoverTarget {
  readonly state: SlotState;
  readonly pid: number | undefined;
  /** Of the snapshot with which its process began. */
  readonly version: number;
  /** Turns on sessions that it has. */
  readonly runs: number;
  startRun(job: RunJob): void;
  abortRun(runId: string): void;
  sessionLine(watch: number, line: PlacedLine): void;
  /** @throws Unanswered, also when the process ends before it has answered */
  readonly ask: Asker<WorkerQuestions>['ask'];
  /** Told to a worker that listens; another one learns what it needs to know when it becomes ready. */
  tell(message: Standing): void;
  start(snapshot: WorkerSnapshot): void;
  /** Ends the process at once; another one takes its place. */
  replace(why: string): void;
  /** Called once a second: pings, and acts on silence. */
  check(now: number): void;
  /** After a pause of our own: silence until now is not the worker's. */
  forgive(now: number): void;
  /** Asks the worker to finish what it has; resolves when it has, or is gone. */
  drain(): Promise<void>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** What still counts when it comes after the process has ended. */
const late: ReadonlySet<ToPrimary['type']> = new Set(['log', 'metrics', 'usage']);

export function createWorkerSlot(
  slot: number,
  events: SlotEvents,
  answers: PrimaryAnswers,
  log: Logger,
): WorkerSlot {
  let worker: Worker | undefined;
  let state: SlotState = 'gone';
  let snapshot: WorkerSnapshot | undefined;
  let connections = 0;
  let runs = 0;
  let heardAt = 0;
  let onDrained: (() => void) | undefined;
  let onGone: (() => void) | undefined;
  let answerer: Answerer<PrimaryQuestions> | undefined;
  const asker = createAsker<WorkerQuestions>((message) => send(message), askLimits.open);

  const send = (message: ToWorker, socket?: Socket): void => {
    if (!worker?.isConnected()) return;
    // With `keepOpen` our end of a socket survives until the worker has said that it took it.
    if (socket) worker.process.send(message, socket, { keepOpen: true }, noticed);
    else worker.process.send(message, undefined, undefined, noticed);
  };
  const noticed = (error: Error | null): void => {
    if (error) log.debug('worker.send', `worker ${slot}: ${error.message}`);
  };
  const gone = (code: number | null, signal: string | null): void => {
    const before = state;
    const early = before === 'starting';
    state = 'gone';
    connections = 0;
    runs = 0;
    worker = undefined;
    answerer?.lost();
    asker.lost(WORKER_GONE);
    const expected = before === 'exiting';
    const how = signal ? `signal ${signal}` : `code ${code}`;
    log[expected ? 'debug' : 'warn']('worker.exit', `worker ${slot} ended with ${how}`, {
      slot,
      code,
      signal,
    });
    onDrained?.();
    onGone?.();
    events.lost(self, early);
  };
  const release = (count: number): void => void (connections = Math.max(0, connections - count));
  const received = (from: Worker, message: ToPrimary): void => {
    // What a process had sent before it ended may come after; of that only what it has to tell still counts.
    if (from !== worker && !late.has(message.type)) return;
    heardAt = performance.now();
    switch (message.type) {
      case 'started':
        if (snapshot) send({ type: 'configure', snapshot });
        return;
      case 'ready':
        state = 'ready';
        events.ready(self);
        return;
      case 'taken':
        events.taken(self, message.id);
        return;
      case 'declined':
        events.declined(self, message.id);
        return;
      case 'closed':
        release(message.count);
        return;
      case 'pong':
        if (state === 'suspect') {
          state = 'ready';
          log.info('worker.back', `worker ${slot} answers again`, { slot });
          events.ready(self);
        }
        return;
      case 'drained':
        onDrained?.();
        return;
      case 'runs':
        for (const { type } of message.parts)
          if (type === 'end' || type === 'lost') runs = Math.max(0, runs - 1);
        events.message(self, message);
        return;
      case 'ask':
      case 'cancel':
        answerer?.received(message);
        return;
      case 'answer':
      case 'refusal':
        asker.received(message);
        return;
      case 'log':
      case 'metrics':
      case 'usage':
        events.message(self, message);
        return;
      default:
        unreachable(message);
    }
  };
  const kill = (why: string): void => {
    log.error('worker.kill', `worker ${slot} ${why}; killing it`, { slot });
    worker?.process.kill('SIGKILL');
  };
  const self: WorkerSlot = {
    slot,
    get state() {
      return state;
    },
    get pid() {
      return worker?.process.pid;
    },
    get connections() {
      return connections;
    },
    addConnection: () => void (connections += 1),
    returnConnection: () => release(1),
    get version() {
      return snapshot?.version ?? 0;
    },
    get runs() {
      return runs;
    },
    startRun(job) {
      runs += 1;
      send({ type: 'run', job });
    },
    abortRun: (runId) => send({ type: 'abort-run', runId }),
    sessionLine: (watch, line) => send({ type: 'session-line', watch, line }),
    ask: asker.ask,
    sendConnection: (offer, socket) => send({ type: 'connection', ...offer }, socket),
    tell(message) {
      if (state !== 'starting' && state !== 'gone') send(message);
    },
    start(current) {
      snapshot = current;
      state = 'starting';
      heardAt = performance.now();
      const forked = cluster.fork(workerEnvironment(process.env));
      worker = forked;
      answerer = createAnswerer(answers, { slot }, (answer) => worker === forked && send(answer));
      forked.on('message', (message: ToPrimary) => received(forked, message));
      forked.once('exit', gone);
      forked.on('error', (error) => {
        log.warn('worker.error', `worker ${slot}: ${error.message}`, { slot });
        // Without a pid there never was a process, and no exit will be told.
        if (forked.process.pid === undefined && worker === forked) gone(null, null);
      });
    },
    check(now) {
      if (state === 'gone' || state === 'exiting') return;
      const silentMs = now - heardAt;
      if (state === 'starting') {
        if (silentMs > workerLimits.startTimeoutMs)
          kill(`was not ready after ${workerLimits.startTimeoutMs} ms`);
        return;
      }
      if (silentMs > workerLimits.killAfterMs) kill(`has been silent for ${Math.round(silentMs)} ms`);
      else if (silentMs > workerLimits.suspectAfterMs && state === 'ready') {
        state = 'suspect';
        log.warn('worker.silent', `worker ${slot} does not answer; it gets no new connections`, { slot });
        events.suspect(self);
      }
      send({ type: 'ping' });
    },
    replace: kill,
    forgive(now) {
      heardAt = now;
    },
    async drain() {
      if (state === 'gone' || state === 'exiting') return;
      if (state === 'starting') return self.stop();
      state = 'draining';
      const drained = new Promise<void>((resolve) => (onDrained = resolve));
      send({ type: 'drain' });
      await drained;
    },
    async stop() {
      if (state === 'gone') return;
      // A worker that is still loading does not listen yet, and has nothing to lose.
      const graceMs = state === 'starting' ? 0 : workerLimits.exitGraceMs;
      state = 'exiting';
      const exited = new Promise<void>((resolve) => (onGone = resolve));
      send({ type: 'exit' });
      const timer = setTimeout(() => worker?.process.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
  return self;
}
