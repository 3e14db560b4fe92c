/**
 * When pieces of a run's answer are told: the first at once, then at most one per `deltaMs`, in steps that all runs share,
 * so that a client gets what they say in one write (runs-and-events.md §3.2).
 */
import { runLimits } from '../../shared/session-limits.js';
import type { Pace, Walker } from '../../shared/pace.js';
import type { RunText } from '../../shared/run-text.js';

const STEPS = Math.ceil(runLimits.deltaMs / runLimits.deltaStepMs);

export class RunDeltas implements Walker {
  readonly #text: RunText;
  readonly #pace: Pace;
  readonly #tell: (delta: string) => void;
  #told = false;
  /** Since the last piece. */
  #steps = STEPS;

  constructor(text: RunText, pace: Pace, tell: (delta: string) => void) {
    this.#text = text;
    this.#pace = pace;
    this.#tell = tell;
  }

  /** There is more text. */
  added(): void {
    if (this.#told) this.#pace.join(this);
    else this.flush();
  }

  step(): boolean {
    this.#steps += 1;
    return this.#steps < STEPS || this.#next();
  }

  /** Tells at once what can be told. Call it before whatever must not come before the text. */
  flush(): void {
    if (!this.#next()) return;
    // The step that comes first may be near: it does not count.
    this.#steps = -1;
    this.#pace.join(this);
  }

  /** Tells what is left of the message; another one may follow. */
  endMessage(): void {
    const rest = this.#text.endMessage();
    if (rest !== '') this.#tell(rest);
  }

  /** Tells what is left; nothing follows. */
  end(): void {
    this.#pace.leave(this);
    const rest = this.#text.rest();
    if (rest !== '') this.#tell(rest);
  }

  #next(): boolean {
    const delta = this.#text.take();
    if (delta === '') return false;
    this.#told = true;
    this.#steps = 0;
    this.#tell(delta);
    return true;
  }
}
