/** Something done again and again beside a test, until it is stopped; its failures are the test's to judge. */
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Repetition<T> {
  readonly results: readonly T[];
  /** What was thrown, in order. */
  readonly failures: readonly Error[];
  /** Ends after the round under way. */
  stop(): Promise<void>;
}

/** Runs `once` in as many loops as asked for, each starting its next round when the last has ended. */
export function repeat<T>(once: () => Promise<T>, loops = 1): Repetition<T> {
  const results: T[] = [];
  const failures: Error[] = [];
  const ending = new AbortController();
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        results.push(await once());
      } catch (caught) {
        failures.push(caught instanceof Error ? caught : new Error(String(caught)));
      }
      await nextTurn();
    }
  };
  const ended = Promise.all(Array.from({ length: loops }, loop));
  return {
    results,
    failures,
    async stop() {
      ending.abort();
      await ended;
    },
  };
}
