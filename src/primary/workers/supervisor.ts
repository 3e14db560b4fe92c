/** Keeps the worker slots filled: starts, watches, replaces, drains. Tells the handover who may get connections. */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { PlacedLine } from '../../shared/history-row.js';
import type { AskOptions } from '../../shared/asking.js';
import type { MetricsSnapshot, WorkerQuestions, WorkerSnapshot } from '../../shared/ipc.js';
import type { RunJob, RunPart } from '../../shared/run-job.js';
import { workerLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { DailyUsage } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import type { HandoverTarget } from '../port/handover.js';
import { settingsOf } from './process-settings.js';
import { createRoll } from './roll.js';
import {
  createWorkerSlot,
  type PrimaryAnswers,
  type SlotEvents,
  type Standing,
  type WorkerSlot,
} from './worker-slot.js';

export interface SupervisorOptions {
  /** How many are wanted; read when a roll begins. */
  count(): number;
  readonly log: Logger;
  /** Read whenever a process begins. */
  snapshot(): WorkerSnapshot;
  /** How long a worker may take that leaves now. */
  leaveMs(): number;
  /** What a worker is told before its first connection. */
  standing(): readonly Standing[];
  onReady(target: HandoverTarget): void;
  /** It gets no connections from here on, or until it is ready again. */
  onWithdrawn(target: HandoverTarget): void;
  onLost(worker: WorkerSlot): void;
  onTaken(target: HandoverTarget, id: number): void;
  onDeclined(target: HandoverTarget, id: number): void;
  onMetrics(worker: WorkerSlot, metrics: MetricsSnapshot): void;
  /** What completions used that no run's end records. */
  onUsage(used: readonly DailyUsage[]): void;
  onLogLines(lines: readonly { readonly line: string; readonly level: number }[]): void;
  onRunPart(slot: number, part: RunPart): void;
  readonly answers: PrimaryAnswers;
  onRestart(reason: 'crash' | 'early-death' | 'rolled'): void;
}

/** `health.workers` (methods.md §2). */
export interface WorkersStatus {
  readonly configured: number;
  readonly ready: number;
  readonly degraded: boolean;
}

export interface Supervisor {
  start(): void;
  /** Gives a run to the worker of slot `home`, or to the ready one that has the fewest; undefined when there is none. */
  startRun(job: RunJob, home?: number): number | undefined;
  abortRun(slot: number, runId: string): void;
  /** A line of a session that the worker of this slot watches. */
  sessionLine(slot: number, watch: number, line: PlacedLine): void;
  /** Asks one of the ready workers, each in its turn; undefined when none is ready. @throws Unanswered */
  ask<N extends keyof WorkerQuestions>(
    name: N,
    question: WorkerQuestions[N]['question'],
    options: AskOptions,
  ): Promise<WorkerQuestions[N]['answer']> | undefined;
  tellAll(message: Standing): void;
  /** Every worker uses the present snapshot; one that does not say so in time is replaced. */
  renewSnapshot(): Promise<void>;
  /** Brings workers to the present snapshot's number and settings of processes, one after the other. */
  roll(): Promise<void>;
  /** Workers that may get connections now. */
  targets(): readonly HandoverTarget[];
  readonly status: WorkersStatus;
  /** Up (1) or not (0), by place. */
  up(): readonly { readonly place: number; readonly up: boolean }[];
  /** Lets every worker finish what it has; resolves when all have. No worker is replaced from now on. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { log, snapshot, leaveMs, answers } = options;
  /** All that have a process, or will have one again. */
  let slots: readonly WorkerSlot[] = [];
  /** Those that no one counts on before they are ready. */
  const successors = new Set<WorkerSlot>();
  let count = options.count();
  let lastSlot = 0;
  let earlyDeaths = 0;
  let asked = 0;
  let stopping = false;
  let lastCheck = performance.now();
  let pingTimer: NodeJS.Timeout | undefined;
  const respawns = new Map<WorkerSlot, NodeJS.Timeout>();

  const renew = async (slot: WorkerSlot): Promise<void> => {
    try {
      await slot.ask('use-snapshot', snapshot(), { timeoutMs: workerLimits.confirmMs });
    } catch (caught) {
      if (slot.state !== 'gone') slot.replace(`did not take the new config: ${toError(caught).message}`);
    }
  };
  const degraded = (): boolean => earlyDeaths >= workerLimits.earlyDeathsUntilDegraded;
  const lost = (slot: WorkerSlot, early: boolean): void => {
    options.onLost(slot);
    if (slot.left || successors.has(slot)) slots = slots.filter((one) => one !== slot);
    if (stopping || !slots.includes(slot)) return;
    options.onRestart(early ? 'early-death' : 'crash');
    if (!early) {
      void slot.start();
      return;
    }
    earlyDeaths += 1;
    if (earlyDeaths === workerLimits.earlyDeathsUntilDegraded) {
      log.error(
        'workers.degraded',
        `workers keep dying before they are ready (${earlyDeaths} in a row); HTTP work is refused, retrying`,
      );
    }
    const pause = Math.min(workerLimits.respawnMaxMs, workerLimits.respawnMinMs * 2 ** (earlyDeaths - 1));
    const timer = setTimeout(() => {
      respawns.delete(slot);
      void slot.start();
    }, pause);
    respawns.set(slot, timer);
  };
  const up = (): { readonly place: number; readonly up: boolean }[] =>
    Array.from({ length: count }, (_, n) => ({
      place: n + 1,
      up: slots.some(({ place, state }) => place === n + 1 && state === 'ready'),
    }));
  const beginStopping = (): void => {
    stopping = true;
    roll.stop();
    for (const timer of respawns.values()) clearTimeout(timer);
  };
  const check = (): void => {
    const now = performance.now();
    // When we were late ourselves (sleeping laptop, stopped process), silence proves nothing.
    const late = now - lastCheck > 2 * workerLimits.pingIntervalMs;
    lastCheck = now;
    for (const slot of slots) {
      if (late) slot.forgive(now);
      slot.check(now);
    }
  };
  const events: SlotEvents = {
    ready(slot) {
      if (degraded()) log.info('workers.recovered', 'a worker is ready again');
      earlyDeaths = 0;
      for (const message of options.standing()) slot.tell(message);
      if (isBehind(slot)) void renew(slot);
      options.onReady(slot);
    },
    withdrawn: options.onWithdrawn,
    lost,
    taken: options.onTaken,
    declined: options.onDeclined,
    message(slot, message) {
      if (message.type === 'usage') options.onUsage(message.used);
      else if (message.type === 'metrics') options.onMetrics(slot, message.metrics);
      else if (message.type === 'log') options.onLogLines(message.lines);
      else for (const part of message.parts) options.onRunPart(slot.slot, part);
    },
  };
  /** Its process began before the present snapshot. */
  const isBehind = ({ settings }: WorkerSlot): boolean => (settings?.version ?? 0) < snapshot().version;
  const create = (place: number, isSuccessor: boolean): WorkerSlot => {
    lastSlot += 1;
    const slot = createWorkerSlot({
      slot: lastSlot,
      place,
      isSuccessor,
      snapshot,
      leaveMs,
      events,
      answers,
      log,
    });
    slots = [...slots, slot];
    return slot;
  };
  const forget = (slot: WorkerSlot): void => {
    clearTimeout(respawns.get(slot));
    respawns.delete(slot);
  };
  const roll = createRoll({
    get count() {
      return count;
    },
    get settings() {
      return settingsOf(snapshot());
    },
    staying: () => slots.filter(({ left }) => !left),
    async add(place) {
      const slot = create(place, true);
      successors.add(slot);
      options.onRestart('rolled');
      const isReady = await slot.start();
      successors.delete(slot);
      return isReady ? slot : undefined;
    },
    async leave(slot) {
      forget(slot);
      if (slot.state === 'gone') slots = slots.filter((one) => one !== slot);
      await slot.leave();
    },
  });
  return {
    start() {
      cluster.setupPrimary({
        exec: fileURLToPath(new URL('../../workers/main.js', import.meta.url)),
        // Without these a worker would get our own flags, `--token` among them.
        args: [],
        execArgv: [],
        serialization: 'advanced',
      });
      for (let place = 1; place <= count; place += 1) void create(place, false).start();
      pingTimer = setInterval(check, workerLimits.pingIntervalMs);
    },
    targets: () => slots.filter((slot) => slot.state === 'ready'),
    startRun(job, home) {
      // One that drains still finishes what was accepted before.
      const [first, ...others] = slots.filter(({ slot, state }) =>
        home === undefined ? state === 'ready' || state === 'draining' : slot === home,
      );
      if (!first) return undefined;
      const least = others.reduce((best, slot) => (slot.runs < best.runs ? slot : best), first);
      least.startRun(job);
      return least.slot;
    },
    tellAll(message) {
      for (const slot of slots) slot.tell(message);
    },
    async renewSnapshot() {
      await Promise.all(
        slots
          .filter(({ state }) => state !== 'starting' && state !== 'gone' && state !== 'exiting')
          .map(renew),
      );
    },
    async roll() {
      count = options.count();
      // Those that wait after early deaths may start with other settings now.
      for (const slot of respawns.keys()) {
        forget(slot);
        void slot.start();
      }
      await roll.run();
      const leaving = slots.filter(({ left }) => left).length;
      if (!stopping)
        log.info('workers.rolled', `new connections go to workers with the new settings; ${leaving} finish`, {
          leaving,
        });
    },
    abortRun: (slot, runId) => slots.find((one) => one.slot === slot)?.abortRun(runId),
    sessionLine: (slot, watch, line) => slots.find((one) => one.slot === slot)?.sessionLine(watch, line),
    ask(name, question, options) {
      const ready = slots.filter(({ state }) => state === 'ready');
      asked += 1;
      return ready[asked % ready.length]?.ask(name, question, options);
    },
    get status() {
      const ready = up().filter((place) => place.up).length;
      return { configured: count, ready, degraded: degraded() };
    },
    up,
    async drain() {
      beginStopping();
      await Promise.all(slots.map((slot) => slot.drain()));
    },
    async stop() {
      beginStopping();
      clearInterval(pingTimer);
      await Promise.all(slots.map((slot) => slot.stop()));
    },
  };
}
