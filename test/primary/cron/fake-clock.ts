/** A clock that stands still until it is told to go. */
import type { Clock } from '../../../src/primary/alarm.js';

export interface FakeClock extends Clock {
  /** Goes on so long, ringing what is due on the way. */
  pass(ms: number): Promise<void>;
  /** Somebody sets it, or the machine sleeps: nothing rings on the way. */
  set(now: number): void;
  /** Timers that wait. */
  readonly timers: number;
}

/** @param settle resolves when what a timer began has come to rest */
export function createFakeClock(start: number, settle: () => Promise<void>): FakeClock {
  let now = start;
  /** Of the timers, which do not know what time it is. */
  let elapsed = 0;
  const timers = new Set<{ readonly at: number; readonly ring: () => void }>();
  const ringDue = async (): Promise<void> => {
    for (;;) {
      const [first] = [...timers].filter(({ at }) => at <= elapsed).toSorted((a, b) => a.at - b.at);
      if (!first) return;
      timers.delete(first);
      first.ring();
      await settle();
    }
  };
  return {
    now: () => now,
    after(ms, ring) {
      const timer = { at: elapsed + ms, ring };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async pass(ms) {
      const end = elapsed + ms;
      await settle();
      for (;;) {
        const next = Math.min(...[...timers].map(({ at }) => at));
        if (next > end) break;
        now += Math.max(0, next - elapsed);
        elapsed = Math.max(elapsed, next);
        await ringDue();
      }
      now += end - elapsed;
      elapsed = end;
    },
    set: (to) => void (now = to),
    get timers() {
      return timers.size;
    },
  };
}
