/**
 * Notices that this machine slept, or that the process was stopped for a while: the clock has gone further than a timer
 * can explain (operations.md §7). What was known of others before may not be true any more.
 */
import { healthLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';

export interface FreezeWatch {
  stop(): void;
}

/** As in `limits.ts`, which says why. */
interface FreezeLimits {
  readonly freezeMs: number;
  readonly freezeCheckMs: number;
}

export function watchForFreezes(
  woke: () => void,
  log: Logger,
  now: () => number = Date.now,
  { freezeCheckMs, freezeMs }: FreezeLimits = healthLimits,
): FreezeWatch {
  let last = now();
  const timer = setInterval(() => {
    const at = now();
    const missed = Math.abs(at - last - freezeCheckMs);
    last = at;
    if (missed <= freezeMs) return;
    const seconds = Math.round(missed / 1_000);
    log.warn(
      'clock.jump',
      `the clock has moved by ${seconds} s more than time has: the machine slept, the process was stopped, or it was set`,
    );
    woke();
  }, freezeCheckMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
