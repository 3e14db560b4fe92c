/**
 * One timer for something that is due at a time of day. It rings at the latest after `cronLimits.tickMs`, due or not: a clock
 * that was set, or a machine that slept, is noticed then.
 */
import { cronLimits } from '../shared/cron-limits.js';

/** Tests hold it still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls once, later; gives the way to end that. */
  after(ms: number, ring: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  after(ms, ring) {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};

export interface Alarm {
  /** Undefined: nothing is due; it rings all the same. */
  set(at: number | undefined): void;
  stop(): void;
}

export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let cancel: () => void = () => {};
  return {
    set(at = Number.POSITIVE_INFINITY) {
      cancel();
      cancel = clock.after(Math.max(0, Math.min(at - clock.now(), cronLimits.tickMs)), ring);
    },
    stop: () => cancel(),
  };
}
