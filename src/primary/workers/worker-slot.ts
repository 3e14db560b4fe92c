/**
 * One place for a worker process, kept filled. The life of its process:
 *
 *   starting ──ready──▶ ready ◀──pong── suspect (3 s silent: no new connections; 15 s: killed)
 *      │                  ├───leave──┬──────┤
 *      │             drain│          ▼      │
 *      │                  │       leaving (no new connections and runs; what it has it finishes, and what comes on its
 *      │                  │          │  │    connections; after a long time that is cut off)
 *      │                  ▼          │  │
 *      │               draining ◀drain  │   (what comes is refused)
 *      │                  └──drained────┴──▶ exiting
 *      └───────────────┬────────────────────┴──▶ gone ──▶ starting again, at once if it had been ready, else after a
 *                      │                                  growing pause
 *                      └──▶ no process any more: it has left, or the gateway stops
 *
 * One that leaves has a successor in the same place, so that the two have different slots: the number by which a process
 * is addressed is never used again.
 */
import cluster, { type Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlacedLine } from '../../shared/history-row.js';
import { createAnswerer, createAsker, type Answerer, type Answers, type Asker } from '../../shared/asking.js';
import { deferred } from '../../shared/deferred.js';
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
import { settingsOf, type ProcessSettings } from './process-settings.js';
import { workerEnvironment } from './worker-environment.js';

export type SlotState = 'starting' | 'ready' | 'suspect' | 'leaving' | 'draining' | 'exiting' | 'gone';

export interface SlotEvents {
  ready(slot: WorkerSlot): void;
  /** It gets no connections from here on, or until it is ready again. */
  withdrawn(slot: WorkerSlot): void;
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
  /** Among the workers, counted from 1: how people know it. */
  readonly place: number;
  readonly state: SlotState;
  readonly pid: number | undefined;
  /** Undefined as long as its process has not been told. */
  readonly settings: ProcessSettings | undefined;
  /** It has been told to leave: no process takes its place here. */
  readonly left: boolean;
  /** Turns on sessions that it has. */
  readonly runs: number;
  startRun(job: RunJob): void;
  abortRun(runId: string): void;
  sessionLine(watch: number, line: PlacedLine): void;
  /** @throws Unanswered, also when the process ends before it has answered */
  readonly ask: Asker<WorkerQuestions>['ask'];
  /** Told to a worker that listens; another one learns what it needs to know when it becomes ready. */
  tell(message: Standing): void;
  /** Resolves with whether its process has become ready, rather than ended before. */
  start(): Promise<boolean>;
  /** Ends the process at once; another one takes its place. */
  replace(why: string): void;
  /** Called once a second: pings, and acts on silence. */
  check(now: number): void;
  /** After a pause of our own: silence until now is not the worker's. */
  forgive(now: number): void;
  /** Asks the worker to finish what it has and what comes on its connections, and ends it then; resolves when it is gone. */
  leave(): Promise<void>;
  /** Asks the worker to finish what it has and refuse what comes; resolves when it has, or is gone. */
  drain(): Promise<void>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** What still counts when it comes after the process has ended. Its metrics are closed then. */
const late: ReadonlySet<ToPrimary['type']> = new Set(['log', 'usage']);

export interface WorkerSlotOptions {
  readonly slot: number;
  readonly place: number;
  /** Another one works in this place until its first process is ready: that may take its time. */
  readonly isSuccessor: boolean;
  /** Read when a process begins. */
  snapshot(): WorkerSnapshot;
  /** How long one that leaves now may take. */
  leaveMs(): number;
  readonly events: SlotEvents;
  readonly answers: PrimaryAnswers;
  readonly log: Logger;
}

export function createWorkerSlot(options: WorkerSlotOptions): WorkerSlot {
  const { slot, place, events, answers, log } = options;
  let worker: Worker | undefined;
  let state: SlotState = 'gone';
  let settings: ProcessSettings | undefined;
  let left = false;
  let { isSuccessor } = options;
  let connections = 0;
  let runs = 0;
  let heardAt = 0;
  /** Of the present process. */
  let [started, drained, ended] = [deferred<boolean>(), deferred<void>(), deferred<void>()];
  let answerer: Answerer<PrimaryQuestions> | undefined;
  const asker = createAsker<WorkerQuestions>((message) => send(message), askLimits.open);

  const send = (message: ToWorker, socket?: Socket): void => {
    if (!worker?.isConnected()) return;
    // With `keepOpen` our end of a socket survives until the worker has said that it took it.
    if (socket) worker.process.send(message, socket, { keepOpen: true }, noticed);
    else worker.process.send(message, undefined, undefined, noticed);
  };
  const noticed = (error: Error | null): void => {
    if (error) log.debug('worker.send', `worker ${place}: ${error.message}`);
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
    log[expected ? 'debug' : 'warn']('worker.exit', `worker ${place} ended with ${how}`, {
      slot: place,
      code,
      signal,
    });
    started.resolve(false);
    drained.resolve();
    ended.resolve();
    events.lost(self, early);
  };
  const release = (count: number): void => void (connections = Math.max(0, connections - count));
  const received = (from: Worker, message: ToPrimary): void => {
    // What a process had sent before it ended may come after; of that only what it has to tell still counts.
    if (from !== worker && !late.has(message.type)) return;
    heardAt = performance.now();
    switch (message.type) {
      case 'started':
        configure();
        return;
      case 'ready':
        if (state !== 'starting') return; // it was told to end meanwhile
        state = 'ready';
        started.resolve(true);
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
          log.info('worker.back', `worker ${place} answers again`, { slot: place });
          events.ready(self);
        }
        return;
      case 'drained':
        drained.resolve();
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
  const configure = (): void => {
    const snapshot = options.snapshot();
    settings = settingsOf(snapshot);
    send({ type: 'configure', snapshot, complete: isSuccessor });
    isSuccessor = false;
  };
  const isDrainedWithin = async (ms: number): Promise<boolean> => {
    const waiting = new AbortController();
    const late = sleep(ms, false, { signal: waiting.signal }).catch(() => false);
    try {
      return await Promise.race([drained.promise.then(() => true), late]);
    } finally {
      waiting.abort();
    }
  };
  const kill = (why: string): void => {
    log.error('worker.kill', `worker ${place} ${why}; killing it`, { slot: place });
    worker?.process.kill('SIGKILL');
  };
  const hasLeft = (): boolean => state === 'leaving';
  const self: WorkerSlot = {
    slot,
    place,
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
    get settings() {
      return settings;
    },
    get left() {
      return left;
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
    start() {
      [started, drained, ended] = [deferred(), deferred(), deferred()];
      settings = undefined;
      state = 'starting';
      heardAt = performance.now();
      const forked = cluster.fork(workerEnvironment(process.env));
      worker = forked;
      answerer = createAnswerer(answers, { slot }, (answer) => worker === forked && send(answer));
      forked.on('message', (message: ToPrimary) => received(forked, message));
      forked.once('exit', gone);
      forked.on('error', (error) => {
        log.warn('worker.error', `worker ${place}: ${error.message}`, { slot: place });
        // Without a pid there never was a process, and no exit will be told.
        if (forked.process.pid === undefined && worker === forked) gone(null, null);
      });
      return started.promise;
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
        log.warn('worker.silent', `worker ${place} does not answer; it gets no new connections`, {
          slot: place,
        });
        events.withdrawn(self);
      }
      send({ type: 'ping' });
    },
    replace: kill,
    forgive(now) {
      heardAt = now;
    },
    async leave() {
      left = true;
      if (state === 'starting') return self.stop();
      if (state !== 'ready' && state !== 'suspect') return ended.promise;
      state = 'leaving';
      events.withdrawn(self);
      send({ type: 'leave' });
      if (!(await isDrainedWithin(options.leaveMs())) && hasLeft()) {
        log.warn('worker.cut-off', `worker ${place} was to leave; what it still has to do is cut off`, {
          slot: place,
        });
        send({ type: 'cut-off' });
        await isDrainedWithin(workerLimits.cutOffMs);
      }
      return hasLeft() ? self.stop() : ended.promise;
    },
    async drain() {
      if (state === 'gone' || state === 'exiting') return;
      if (state === 'starting') return self.stop();
      state = 'draining';
      send({ type: 'drain' });
      await drained.promise;
    },
    async stop() {
      if (state === 'gone') return;
      // A worker that is still loading does not listen yet, and has nothing to lose.
      const graceMs = state === 'starting' ? 0 : workerLimits.exitGraceMs;
      state = 'exiting';
      send({ type: 'exit' });
      const timer = setTimeout(() => worker?.process.kill('SIGKILL'), graceMs);
      await ended.promise;
      clearTimeout(timer);
    },
  };
  return self;
}
