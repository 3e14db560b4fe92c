/**
 * Stops the gateway, the reverse of starting (operations.md §3):
 *
 *   open ──signal──▶ draining ──workers idle, or 20 s──▶ telling (shutdown event, 1012) ──▶ closing ──▶ exit 0
 *                       └── second signal: skips the wait, exit 1 ──▲
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { shutdownLimits } from '../shared/limits.js';
import type { Logger } from '../shared/log/logger.js';
import { toError } from '../shared/to-error.js';
import { exitCodes } from './start-error.js';

export interface StopSteps {
  /** New work is refused from here on. */
  beginDraining(): void;
  /** Resolves when everything accepted has been answered. */
  drained(): Promise<void>;
  /** Ends what is left; runs in order, each isolated from the others' failures. */
  readonly finish: readonly { readonly name: string; run(): Promise<void> | void }[];
}

export interface Shutdown {
  request(signal: string, forced: boolean): void;
  /** Exit code of the process, once everything is closed. */
  readonly done: Promise<number>;
}

export function createShutdown(steps: StopSteps, log: Logger): Shutdown {
  let force: (() => void) | undefined;
  let settle: (code: number) => void = () => {};
  const done = new Promise<number>((resolve) => (settle = resolve));
  let begun = false;
  let code: number = exitCodes.stopped;

  const run = async (): Promise<void> => {
    steps.beginDraining();
    const forced = new Promise<void>((resolve) => (force = resolve));
    await Promise.race([steps.drained(), forced, sleep(shutdownLimits.drainMs, undefined, { ref: false })]);
    for (const step of steps.finish) {
      try {
        await step.run();
      } catch (caught) {
        log.error('shutdown.step', `${step.name}: ${toError(caught).message}`);
      }
    }
    settle(code);
  };
  const giveUpAfter = (ms: number): void => {
    setTimeout(() => {
      log.error('shutdown.timeout', 'shutdown timed out; exiting without full cleanup');
      settle(exitCodes.failure);
    }, ms).unref();
  };
  return {
    request(_signal, forced) {
      if (forced && begun) {
        code = exitCodes.failure;
        giveUpAfter(shutdownLimits.forcedExitMs);
        force?.();
      }
      if (begun) return;
      begun = true;
      giveUpAfter(shutdownLimits.totalMs);
      void run();
    },
    done,
  };
}
