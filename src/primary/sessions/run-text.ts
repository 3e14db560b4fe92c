/**
 * The text of a running answer, and what of it may be shown (runs-and-events.md §3.2): a model that has nothing to say
 * answers `NO_REPLY`, and what might still become that is held back.
 */
const SILENT = 'NO_REPLY';

export interface ShownText {
  /** All that has been shown. */
  readonly text: string;
  /** What is new since the last time. */
  readonly delta: string;
}

export class RunText {
  #all = '';
  #shown = 0;

  get all(): string {
    return this.#all;
  }

  get isSilent(): boolean {
    return this.#all.trim() === SILENT;
  }

  /** Nothing, or nothing yet, can be shown. */
  get isEmpty(): boolean {
    return this.#all === '';
  }

  /** Gives what can be shown now; undefined when that is nothing new. */
  add(text: string): ShownText | undefined {
    this.#all += text;
    const trimmed = this.#all.length <= 2 * SILENT.length ? this.#all.trim() : undefined;
    if (trimmed !== undefined && SILENT.startsWith(trimmed)) return undefined;
    const delta = this.#all.slice(this.#shown);
    if (delta === '') return undefined;
    this.#shown = this.#all.length;
    return { text: this.#all, delta };
  }

  /** At the end: what was held back and turned out to be an answer. */
  rest(): ShownText | undefined {
    if (this.isSilent || this.#shown === this.#all.length) return undefined;
    const delta = this.#all.slice(this.#shown);
    this.#shown = this.#all.length;
    return { text: this.#all, delta };
  }
}
