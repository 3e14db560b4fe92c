/**
 * Takes what the model says in a turn on a session. Text leaves at once when it is the first, and then in steps that all
 * turns of the thread share: one message for all.
 */
import type { Pace, Walker } from '../../../shared/pace.js';
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { noUsage } from '../../../shared/usage.js';
import { eventsOf, ToolCalls, type TurnSink } from '../turn-sink.js';
import type { FinishReason, ReasoningItem, TurnEvent, TurnResult, Usage } from '../turn.js';
import { UpstreamFailure } from '../upstream/failure.js';

/** Who hears of an answer as it grows. */
export interface Listener {
  begun(): void;
  text(text: string): void;
}

export class DeltaSink implements TurnSink, Walker {
  readonly #pace: Pace;
  readonly #listener: Listener;
  #finish: FinishReason = 'stop';
  #usage: Usage = noUsage;
  #reasoning: ReasoningItem[] = [];
  #calls = new ToolCalls();
  #said = '';
  #pending = '';
  #begun = false;
  /** Of all answers of the turn. */
  #chars = 0;

  constructor(pace: Pace, listener: Listener) {
    this.#pace = pace;
    this.#listener = listener;
  }

  /** The answer since `next`. */
  get whole(): TurnResult {
    return {
      text: this.#said,
      toolCalls: this.#calls.all,
      finish: this.#finish,
      usage: this.#usage,
      reasoning: this.#reasoning,
    };
  }

  /** The model is asked, for the first time or again. */
  next(): void {
    this.#usage = noUsage;
    this.#reasoning = [];
    this.#finish = 'stop';
    this.#calls = new ToolCalls();
    this.#said = '';
  }

  started(): void {
    this.#listener.begun();
  }

  /** @throws UpstreamFailure when it all becomes too much for a session */
  event(event: TurnEvent): void {
    if (event.type === 'text') this.#add(event.text);
    else if (event.type === 'tool-call') {
      this.#count(event.arguments.length + (event.id?.length ?? 0) + (event.name?.length ?? 0));
      this.#calls.add(event);
    } else if (event.type === 'finish') this.#finish = event.reason;
    else if (event.type === 'usage') this.#usage = event.usage;
    else if (event.type === 'reasoning') {
      this.#count(JSON.stringify(event.item).length);
      this.#reasoning.push(event.item);
    }
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
    this.#count(text.length);
    this.#said += text;
    this.#pending += text;
    if (this.#begun) this.#pace.join(this);
    else this.#sendPending();
  }

  #count(chars: number): void {
    this.#chars += chars;
    if (this.#chars > upstreamLimits.sessionChars)
      throw new UpstreamFailure('malformed', `more than ${upstreamLimits.sessionChars} characters in a turn`);
  }

  #sendPending(): void {
    if (this.#pending === '') return;
    this.#begun = true;
    this.#listener.text(this.#pending);
    this.#pending = '';
  }
}
