/** How much of something is under way, and who waits until nothing is. */
export interface OpenCount {
  readonly count: number;
  began(): void;
  ended(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export function createOpenCount(): OpenCount {
  let count = 0;
  let waiters: (() => void)[] = [];
  return {
    get count() {
      return count;
    },
    began: () => void (count += 1),
    ended() {
      count -= 1;
      if (count > 0) return;
      for (const resolve of waiters) resolve();
      waiters = [];
    },
    idle: () => (count === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  };
}
