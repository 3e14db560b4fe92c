/** The runs that have not ended, by id and by session. */
import type { SessionKey } from '../../shared/store/records.js';

interface Keyed {
  readonly input: { readonly runId: string; readonly key: SessionKey };
}

export class LiveRuns<R extends Keyed> {
  readonly #byId = new Map<string, R>();
  readonly #bySession = new Map<SessionKey, Set<R>>();

  get size(): number {
    return this.#byId.size;
  }

  add(run: R): void {
    const { runId, key } = run.input;
    this.#byId.set(runId, run);
    this.#bySession.set(key, (this.#bySession.get(key) ?? new Set()).add(run));
  }

  delete(run: R): void {
    const { runId, key } = run.input;
    this.#byId.delete(runId);
    const ofSession = this.#bySession.get(key);
    ofSession?.delete(run);
    if (ofSession?.size === 0) this.#bySession.delete(key);
  }

  get(runId: string): R | undefined {
    return this.#byId.get(runId);
  }

  /** In the order in which they came. */
  of(key: SessionKey): R[] {
    return [...(this.#bySession.get(key) ?? [])];
  }

  all(): R[] {
    return [...this.#byId.values()];
  }
}
