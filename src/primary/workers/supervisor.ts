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
import {
  createWorkerSlot,
  type PrimaryAnswers,
  type SlotEvents,
  type Standing,
  type WorkerSlot,
} from './worker-slot.js';

export interface SupervisorOptions {
  readonly count: number;
  readonly log: Logger;
  /** Read at every fork: a new worker starts with the current snapshot. */
  snapshot(): WorkerSnapshot;
  /** What a worker is told before its first connection. */
  standing(): readonly Standing[];
  onReady(target: HandoverTarget): void;
  onSuspect(target: HandoverTarget): void;
  onLost(target: HandoverTarget): void;
  onTaken(target: HandoverTarget, id: number): void;
  onDeclined(target: HandoverTarget, id: number): void;
  onMetrics(slot: number, metrics: MetricsSnapshot): void;
  /** What completions used that no run's end records. */
  onUsage(used: readonly DailyUsage[]): void;
  onLogLines(lines: readonly { readonly line: string; readonly level: number }[]): void;
  onRunPart(slot: number, part: RunPart): void;
  readonly answers: PrimaryAnswers;
  onRestart(slot: number, reason: 'crash' | 'early-death'): void;
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
  /** Up (1) or not (0), by slot. */
  up(): readonly { readonly slot: number; readonly up: boolean }[];
  /** Lets every worker finish what it has; resolves when all have. No worker is replaced from now on. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { log } = options;
  const slots: WorkerSlot[] = [];
  let earlyDeaths = 0;
  let asked = 0;
  let stopping = false;
  let lastCheck = performance.now();
  let pingTimer: NodeJS.Timeout | undefined;
  const respawns = new Set<NodeJS.Timeout>();

  const renew = async (slot: WorkerSlot): Promise<void> => {
    try {
      await slot.ask('use-snapshot', options.snapshot(), { timeoutMs: workerLimits.confirmMs });
    } catch (caught) {
      if (slot.state !== 'gone') slot.replace(`did not take the new config: ${toError(caught).message}`);
    }
  };
  const degraded = (): boolean => earlyDeaths >= workerLimits.earlyDeathsUntilDegraded;
  const lost = (slot: WorkerSlot, early: boolean): void => {
    options.onLost(slot);
    if (stopping) return;
    options.onRestart(slot.slot, early ? 'early-death' : 'crash');
    if (!early) {
      slot.start(options.snapshot());
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
      respawns.delete(timer);
      if (!stopping) slot.start(options.snapshot());
    }, pause);
    respawns.add(timer);
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
  return {
    start() {
      cluster.setupPrimary({
        exec: fileURLToPath(new URL('../../workers/main.js', import.meta.url)),
        // Without these a worker would get our own flags, `--token` among them.
        args: [],
        execArgv: [],
        serialization: 'advanced',
      });
      const events: SlotEvents = {
        ready(slot) {
          if (degraded()) log.info('workers.recovered', 'a worker is ready again');
          earlyDeaths = 0;
          for (const message of options.standing()) slot.tell(message);
          // It began with the snapshot that was the present one when it was forked.
          if (slot.version < options.snapshot().version) void renew(slot);
          options.onReady(slot);
        },
        suspect: options.onSuspect,
        lost,
        taken: options.onTaken,
        declined: options.onDeclined,
        message(slot, message) {
          if (message.type === 'usage') options.onUsage(message.used);
          else if (message.type === 'metrics') options.onMetrics(slot.slot, message.metrics);
          else if (message.type === 'log') options.onLogLines(message.lines);
          else for (const part of message.parts) options.onRunPart(slot.slot, part);
        },
      };
      for (let index = 1; index <= options.count; index += 1)
        slots.push(createWorkerSlot(index, events, options.answers, log));
      for (const slot of slots) slot.start(options.snapshot());
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
    roll: () => Promise.resolve(),
    abortRun: (slot, runId) => slots.find((one) => one.slot === slot)?.abortRun(runId),
    sessionLine: (slot, watch, line) => slots.find((one) => one.slot === slot)?.sessionLine(watch, line),
    ask(name, question, options) {
      const ready = slots.filter(({ state }) => state === 'ready');
      asked += 1;
      return ready[asked % ready.length]?.ask(name, question, options);
    },
    get status() {
      const ready = slots.filter((slot) => slot.state === 'ready').length;
      return { configured: options.count, ready, degraded: degraded() };
    },
    up: () => slots.map(({ slot, state }) => ({ slot, up: state === 'ready' })),
    async drain() {
      stopping = true;
      for (const timer of respawns) clearTimeout(timer);
      await Promise.all(slots.map((slot) => slot.drain()));
    },
    async stop() {
      stopping = true;
      clearInterval(pingTimer);
      for (const timer of respawns) clearTimeout(timer);
      await Promise.all(slots.map((slot) => slot.stop()));
    },
  };
}
