/** The runs that have not ended, by id and by session. */
import type { SessionKey } from '../../shared/store/records.js';

interface Keyed {
  readonly input: { readonly runId: string; readonly key: SessionKey };
  readonly place: { readonly running: boolean } | undefined;
}

/** Of runs that have not ended: their turn has come, or it has not. */
export interface RunCounts {
  readonly active: number;
  readonly waiting: number;
}

export class LiveRuns<R extends Keyed> {
  readonly #byId = new Map<string, R>();
  readonly #bySession = new Map<SessionKey, readonly R[]>();

  get size(): number {
    return this.#byId.size;
  }

  get counts(): RunCounts {
    const waiting = this.all().filter(({ place }) => place?.running !== true).length;
    return { active: this.size - waiting, waiting };
  }

  /** Behind all others of its session, or before the one that is named. */
  add(run: R, before?: R): void {
    const { runId, key } = run.input;
    this.#byId.set(runId, run);
    const others = this.of(key);
    const at = before ? others.indexOf(before) : others.length;
    this.#bySession.set(key, others.toSpliced(at, 0, run));
  }

  delete(run: R): void {
    const { runId, key } = run.input;
    this.#byId.delete(runId);
    const others = this.of(key).filter((one) => one !== run);
    if (others.length > 0) this.#bySession.set(key, others);
    else this.#bySession.delete(key);
  }

  get(runId: string): R | undefined {
    return this.#byId.get(runId);
  }

  /** In the order in which they go. */
  of(key: SessionKey): readonly R[] {
    return this.#bySession.get(key) ?? [];
  }

  all(): readonly R[] {
    return [...this.#byId.values()];
  }
}
