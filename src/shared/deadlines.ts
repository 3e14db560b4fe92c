/**
 * Many deadlines, one timer: each waiter keeps the time by which it is due, and a sweep looks at all of them.
 * A timer per request costs an allocation and two list operations; most never fire. Precision is the sweep's.
 */
import { SlotTable } from './slot-table.js';

export interface Waiter {
  /** Clock of `performance.now()`; infinite while nothing is awaited. May change at any time. */
  readonly dueAt: number;
  /** Called once, after which the waiter is no longer watched. */
  expired(): void;
}

declare const watchId: unique symbol;
export type WatchId = number & { readonly [watchId]: true };

export interface Deadlines {
  watch(waiter: Waiter): WatchId;
  /** Harmless for one that has expired or was forgotten before. */
  forget(id: WatchId): void;
}

/** @param sweepMs how late an expiry may be noticed */
export function createDeadlines(sweepMs: number): Deadlines {
  const watched = new SlotTable<WatchId, Waiter>();
  let timer: NodeJS.Timeout | undefined;
  const sweep = (): void => {
    const now = performance.now();
    watched.forEach((waiter, id) => {
      if (waiter.dueAt > now) return;
      watched.delete(id);
      waiter.expired();
    });
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    watch(waiter) {
      timer ??= setInterval(sweep, sweepMs);
      return watched.add(waiter);
    },
    forget: (id) => void watched.delete(id),
  };
}
