/**
 * Many deadlines, one timer: each waiter keeps the time by which it is due, and a sweep looks at all of them.
 * A timer per request costs an allocation and two list operations; most never fire. Precision is the sweep's.
 */

export interface Waiter {
  /** Clock of `performance.now()`; infinite while nothing is awaited. May change at any time. */
  dueAt: number;
  /** Called once, after which the waiter is no longer watched. */
  expired(): void;
}

export interface Deadlines {
  watch(waiter: Waiter): void;
  forget(waiter: Waiter): void;
}

/** @param sweepMs how late an expiry may be noticed */
export function createDeadlines(sweepMs: number): Deadlines {
  const watched = new Set<Waiter>();
  let timer: NodeJS.Timeout | undefined;
  const sweep = (): void => {
    const now = performance.now();
    for (const waiter of watched) {
      if (waiter.dueAt > now) continue;
      watched.delete(waiter);
      waiter.expired();
    }
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    watch(waiter) {
      watched.add(waiter);
      timer ??= setInterval(sweep, sweepMs);
    },
    forget: (waiter) => void watched.delete(waiter),
  };
}
