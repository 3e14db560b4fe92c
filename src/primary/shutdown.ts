/**
 * Stops the gateway, the reverse of starting (operations.md §3). A restart in the process goes the same way, and a signal
 * that comes meanwhile makes a stop of it:
 *
 *   open ──signal, restart──▶ draining ──workers idle, or 20 s──▶ telling (shutdown event, 1012) ──▶ closing ──▶ ended
 *                                └── second signal, forced restart: skips the wait ──▲
 */
import { restartLimits, shutdownLimits } from '../shared/limits.js';
import type { Logger } from '../shared/log/logger.js';
import { toError } from '../shared/to-error.js';
import type { StartPlan } from './config/start-plan.js';
import { exitCodes } from './start-error.js';

/** What clients are told (protocol.md §16): with `restartExpectedMs` it is worth to come again. */
export interface Farewell {
  readonly reason: string;
  readonly restartExpectedMs?: number;
}

export interface StopSteps {
  /** New work is refused from here on; `next`: whether the gateway comes up again. */
  beginDraining(next: ShutdownEnd['next']): void;
  /** Resolves when everything accepted has been answered. */
  drained(): Promise<void>;
  /** Ends what is left; runs in order, each isolated from the others' failures. */
  readonly finish: readonly { readonly name: string; run(farewell: Farewell): Promise<void> | void }[];
}

export type ShutdownEnd =
  | { readonly next: 'exit'; readonly code: number }
  /** The gateway comes up again, with what has been checked already. */
  | { readonly next: 'start'; readonly plan: StartPlan };

export interface Shutdown {
  stop(request: StopRequest): void;
  /** A stop that is under way stays one. */
  restart(request: { readonly force: boolean; readonly end: ShutdownEnd }): void;
  /** Once everything is closed. */
  readonly done: Promise<ShutdownEnd>;
}

export interface StopRequest {
  /** Skips the wait; only where a stop or a restart is under way. */
  readonly forced: boolean;
  /** Whoever asked for it is about to start the gateway anew … */
  readonly startsAnew: boolean;
  /** … and does not wait for what is under way. */
  readonly skipsDrain: boolean;
}

const stopping: Farewell = { reason: 'gateway stopping' };
const restarting: Farewell = {
  reason: 'gateway restarting',
  restartExpectedMs: restartLimits.expectedMs,
};

export function createShutdown(steps: StopSteps, log: Logger): Shutdown {
  let skipDrain: () => void = () => {};
  const skipped = new Promise<void>((resolve) => (skipDrain = resolve));
  let settle: (end: ShutdownEnd) => void = () => {};
  const done = new Promise<ShutdownEnd>((resolve) => (settle = resolve));
  const timers: NodeJS.Timeout[] = [];
  let begun = false;
  let farewell = stopping;
  let end: ShutdownEnd = { next: 'exit', code: exitCodes.stopped };

  const after = (ms: number, then: () => void): void => void timers.push(setTimeout(then, ms).unref());
  const run = async (): Promise<void> => {
    steps.beginDraining(end.next);
    after(shutdownLimits.drainMs, skipDrain);
    await Promise.race([steps.drained(), skipped]);
    for (const step of steps.finish) {
      try {
        await step.run(farewell);
      } catch (caught) {
        log.error('shutdown.step', `${step.name}: ${toError(caught).message}`);
      }
    }
    for (const timer of timers) clearTimeout(timer);
    settle(end);
  };
  const giveUpAfter = (ms: number): void =>
    after(ms, () => {
      log.error('shutdown.timeout', 'shutdown timed out; exiting without full cleanup');
      settle({ next: 'exit', code: exitCodes.failure });
    });
  const begin = (): void => {
    if (begun) return;
    begun = true;
    giveUpAfter(shutdownLimits.totalMs);
    void run();
  };
  return {
    stop({ forced, startsAnew, skipsDrain }) {
      if (forced && begun) {
        end = { next: 'exit', code: exitCodes.failure };
        giveUpAfter(shutdownLimits.forcedExitMs);
        skipDrain();
        return;
      }
      end = { next: 'exit', code: exitCodes.stopped };
      farewell = startsAnew ? restarting : stopping;
      if (skipsDrain) skipDrain();
      begin();
    },
    restart({ force, end: wanted }) {
      if (begun) return;
      farewell = restarting;
      end = wanted;
      if (force) skipDrain();
      begin();
    },
    done,
  };
}
