/** Those who wait for runs to end, also for runs that are accepted later (methods.md §3, `agent.wait`). */
import { runLimits } from '../../shared/session-limits.js';
import type { RunRecord } from '../../shared/store/records.js';

interface Wait {
  readonly runId: string;
  /** Ends it: with the ended run, or without. */
  done(record: RunRecord | undefined): void;
}

export class RunWaiters {
  readonly #byRun = new Map<string, Set<Wait>>();
  /** Whoever waits may leave. */
  readonly #byOwner = new Map<object, Set<Wait>>();
  #count = 0;

  /**
   * Resolves with the ended run; undefined when the time, in milliseconds, is over before, or its owner has left.
   * Nothing to wait with is `full`: too many wait.
   */
  wait(runId: string, timeoutMs: number, owner: object): Promise<RunRecord | undefined> | 'full' {
    const { waits, waitsPerConnection, longestMs } = runLimits;
    if (this.#count >= waits || (this.#byOwner.get(owner)?.size ?? 0) >= waitsPerConnection) return 'full';
    return new Promise((resolve) => {
      const wait: Wait = {
        runId,
        done: (record) => {
          clearTimeout(timer);
          remove(this.#byRun, runId, wait);
          remove(this.#byOwner, owner, wait);
          this.#count -= 1;
          resolve(record);
        },
      };
      const timer = setTimeout(() => wait.done(undefined), Math.min(timeoutMs, longestMs));
      add(this.#byRun, runId, wait);
      add(this.#byOwner, owner, wait);
      this.#count += 1;
    });
  }

  ended(record: RunRecord): void {
    for (const wait of this.#byRun.get(record.runId) ?? []) wait.done(record);
  }

  /** Its owner has left: nobody hears what they wait for. */
  left(owner: object): void {
    for (const wait of this.#byOwner.get(owner) ?? []) wait.done(undefined);
  }
}

function add<K>(waits: Map<K, Set<Wait>>, key: K, wait: Wait): void {
  waits.set(key, (waits.get(key) ?? new Set()).add(wait));
}

function remove<K>(waits: Map<K, Set<Wait>>, key: K, wait: Wait): void {
  const others = waits.get(key);
  others?.delete(wait);
  if (others?.size === 0) waits.delete(key);
}
