/** Those who wait for runs to end, also for runs that are accepted later (methods.md §3, `agent.wait`). */
import { runLimits } from '../../shared/limits.js';
import type { RunRecord } from '../../shared/store/records.js';

export class RunWaiters {
  readonly #waiting = new Map<string, Set<(record: RunRecord | undefined) => void>>();

  /** Resolves with the ended run; undefined when the time, in milliseconds, is over before. */
  wait(runId: string, timeoutMs: number): Promise<RunRecord | undefined> {
    return new Promise((resolve) => {
      const done = (record: RunRecord | undefined): void => {
        clearTimeout(timer);
        const others = this.#waiting.get(runId);
        others?.delete(done);
        if (others?.size === 0) this.#waiting.delete(runId);
        resolve(record);
      };
      const timer = setTimeout(() => done(undefined), Math.min(timeoutMs, runLimits.timerMaxMs));
      this.#waiting.set(runId, (this.#waiting.get(runId) ?? new Set()).add(done));
    });
  }

  ended(record: RunRecord): void {
    for (const done of this.#waiting.get(record.runId) ?? []) done(record);
  }
}
