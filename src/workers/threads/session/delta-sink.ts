/**
 * Takes what the model says in a turn on a session. Text leaves at once when it is the first, and then in steps that all
 * turns of the thread share: one message for all.
 */
import type { Pace, Walker } from '../../../shared/pace.js';
import { eventsOf, ToolCalls, type TurnSink } from '../turn-sink.js';
import { addUsage, type FinishReason, type TurnEvent, type TurnResult, type Usage } from '../turn.js';

/** Who hears of an answer as it grows. */
export interface Listener {
  begun(): void;
  text(text: string): void;
}

export class DeltaSink implements TurnSink, Walker {
  readonly #pace: Pace;
  readonly #listener: Listener;
  #finish: FinishReason = 'stop';
  /** By earlier calls of the model. */
  #usedBefore: Usage = { input: 0, output: 0 };
  #usage: Usage = { input: 0, output: 0 };
  #calls = new ToolCalls();
  #said = '';
  #pending = '';
  #begun = false;

  constructor(pace: Pace, listener: Listener) {
    this.#pace = pace;
    this.#listener = listener;
  }

  /** Of the whole turn. */
  get usage(): Usage {
    return addUsage(this.#usedBefore, this.#usage);
  }

  /** The answer since `next`. */
  get whole(): TurnResult {
    return { text: this.#said, toolCalls: this.#calls.all, finish: this.#finish, usage: this.#usage };
  }

  /** The model is asked, for the first time or again. */
  next(): void {
    this.alsoUsed(this.#usage);
    this.#usage = { input: 0, output: 0 };
    this.#finish = 'stop';
    this.#calls = new ToolCalls();
    this.#said = '';
  }

  /** By what had to be done besides. */
  alsoUsed(usage: Usage): void {
    this.#usedBefore = addUsage(this.#usedBefore, usage);
  }

  started(): void {
    this.#listener.begun();
  }

  event(event: TurnEvent): void {
    if (event.type === 'text') this.#add(event.text);
    else if (event.type === 'tool-call') this.#calls.add(event);
    else if (event.type === 'finish') this.#finish = event.reason;
    else if (event.type === 'usage') this.#usage = event.usage;
  }

  result(result: Parameters<TurnSink['result']>[0]): void {
    for (const event of eventsOf(result)) this.event(event);
  }

  step(): boolean {
    this.#sendPending();
    return false;
  }

  /** Sends what is held back; call at the end of each answer. */
  flush(): void {
    this.#pace.leave(this);
    this.#sendPending();
  }

  #add(text: string): void {
    this.#said += text;
    this.#pending += text;
    if (this.#begun) this.#pace.join(this);
    else this.#sendPending();
  }

  #sendPending(): void {
    if (this.#pending === '') return;
    this.#begun = true;
    this.#listener.text(this.#pending);
    this.#pending = '';
  }
}
