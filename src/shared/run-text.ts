/**
 * The text of a running answer, and what of it may be shown (runs-and-events.md §3.2): a model that has nothing to say
 * answers `NO_REPLY`, and what might still become that is held back. So is the first half of a character.
 */
const SILENT = 'NO_REPLY';

export class RunText {
  #all = '';
  /** The end of it, which has not been shown. */
  #unshown = '';

  get all(): string {
    return this.#all;
  }

  get isSilent(): boolean {
    return this.#all.trim() === SILENT;
  }

  /** The model has said nothing. */
  get isEmpty(): boolean {
    return this.#all === '';
  }

  add(text: string): void {
    this.#all += text;
    this.#unshown += text;
  }

  /** What can be shown now and has not been; from here on it has. */
  take(): string {
    if (this.#mayBecomeSilent()) return '';
    const end = this.#unshown.length - (endsInHalf(this.#unshown) ? 1 : 0);
    const taken = this.#unshown.slice(0, end);
    this.#unshown = this.#unshown.slice(end);
    return taken;
  }

  /** At the end: what was held back and turned out to be an answer. */
  rest(): string {
    if (this.isSilent) return '';
    const taken = this.#unshown;
    this.#unshown = '';
    return taken;
  }

  #mayBecomeSilent(): boolean {
    return this.#all.length <= 2 * SILENT.length && SILENT.startsWith(this.#all.trim());
  }
}

function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
