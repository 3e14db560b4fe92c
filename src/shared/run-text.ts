/**
 * The text of a running answer, and what of it may be shown (runs-and-events.md §3.2): a model that has nothing to say
 * answers `NO_REPLY`, and what might still become that is held back. So is the first half of a character. A turn that uses
 * tools has several messages; they are shown one after the other, with a blank line between.
 */
import { isAck, withoutToken } from './heartbeat-ack.js';

const SILENT = 'NO_REPLY';
const JOINT = '\n\n';

export class RunText {
  /** Messages that are over. */
  readonly #over: string[] = [];
  #message = '';
  /** The end of it, which has not been shown. */
  #unshown = '';
  /** Something of this message has been shown, or of an earlier one. */
  #shownOfMessage = false;
  #shownBefore = false;
  readonly #ackMaxChars: number | undefined;

  /** @param ackMaxChars of an answer to a heartbeat: characters beside the token with which it still says nothing */
  constructor(ackMaxChars?: number) {
    this.#ackMaxChars = ackMaxChars;
  }

  /** The message that is being said, as the model says it. */
  get message(): string {
    return this.#message;
  }

  /** All messages that may be shown, as far as they have come. */
  get messages(): readonly string[] {
    if (this.isAck) return [];
    const all = [...this.#over, this.#message];
    const told = this.#ackMaxChars === undefined ? all : all.map((text) => withoutToken(text) ?? text);
    return told.filter((message) => message !== '' && message.trim() !== SILENT);
  }

  /** It answers a heartbeat, and says that there is nothing to be said. */
  get isAck(): boolean {
    return this.#ackMaxChars !== undefined && isAck(this.#message, this.#ackMaxChars);
  }

  /** They as one text. */
  get shown(): string {
    return this.messages.join(JOINT);
  }

  /** The model has said nothing, and done nothing. */
  get isEmpty(): boolean {
    return this.#message === '' && this.#over.length === 0;
  }

  add(text: string): void {
    this.#message += text;
    this.#unshown += text;
  }

  /** What can be shown now and has not been; from here on it has. */
  take(): string {
    if (this.#ackMaxChars !== undefined || this.#mayBecomeSilent()) return '';
    const end = this.#unshown.length - (endsInHalf(this.#unshown) ? 1 : 0);
    const taken = this.#unshown.slice(0, end);
    this.#unshown = this.#unshown.slice(end);
    return this.#joined(taken);
  }

  /** At the end: what was held back and turned out to be an answer. */
  rest(): string {
    if (this.#ackMaxChars !== undefined) return this.shown;
    if (this.#message.trim() === SILENT) return '';
    const taken = this.#unshown;
    this.#unshown = '';
    return this.#joined(taken);
  }

  /** The message is over, another one may follow. Gives what is left to be shown. */
  endMessage(): string {
    const rest = this.#ackMaxChars === undefined ? this.rest() : '';
    this.#over.push(this.#message);
    this.#message = '';
    this.#unshown = '';
    this.#shownBefore ||= this.#shownOfMessage;
    this.#shownOfMessage = false;
    return rest;
  }

  #joined(text: string): string {
    if (text === '' || this.#shownOfMessage) return text;
    this.#shownOfMessage = true;
    return this.#shownBefore ? JOINT + text : text;
  }

  #mayBecomeSilent(): boolean {
    return this.#message.length <= 2 * SILENT.length && SILENT.startsWith(this.#message.trim());
  }
}

function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
