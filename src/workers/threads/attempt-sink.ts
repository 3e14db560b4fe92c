/** Between one call to a provider and the turn's sink: passes on, and notes what the turn must know of the call. */
import { noUsage, type Usage } from '../../shared/usage.js';
import { upstreamLimits } from '../../shared/upstream/limits.js';
import { monotonicMs } from './protocol.js';
import type { TurnSink } from './turn-sink.js';
import type { TurnEvent, TurnResult } from './turn.js';
import { UpstreamFailure } from './upstream/failure.js';

export class AttemptSink implements TurnSink {
  readonly #startedAt = monotonicMs();
  readonly #sink: TurnSink;
  firstByteMs: number | undefined;
  usage: Usage = noUsage;
  /** Something of the answer has been passed on: what fails from now on cannot be tried again. */
  passed = false;

  constructor(sink: TurnSink) {
    this.#sink = sink;
  }

  get elapsedMs(): number {
    return monotonicMs() - this.#startedAt;
  }

  /** Not passed on yet: an answer that begins may still be an error. */
  started(): void {
    this.firstByteMs = this.elapsedMs;
  }

  /** @throws UpstreamFailure when there are too many calls of tools, or what is said is no text */
  event(event: TurnEvent): void {
    if (event.type === 'tool-call') {
      requireTexts(event);
      requireFewCalls(event.index + 1);
    } else if (event.type === 'text' || event.type === 'thinking') requireText(event.text);
    this.#pass();
    if (event.type === 'usage') this.usage = event.usage;
    this.#sink.event(event);
  }

  /** @throws UpstreamFailure when there are too many calls of tools, or what is said is no text */
  result(result: TurnResult): void {
    requireText(result.text);
    requireFewCalls(result.toolCalls.length);
    for (const call of result.toolCalls) requireTexts(call);
    this.#pass();
    this.usage = result.usage;
    this.#sink.result(result);
  }

  /** The answer is whole, perhaps without anything in it. */
  ended(): void {
    this.#pass();
  }

  #pass(): void {
    if (this.passed) return;
    this.passed = true;
    this.#sink.started();
  }
}

function requireFewCalls(calls: number): void {
  if (calls > upstreamLimits.toolCalls)
    throw new UpstreamFailure('malformed', `more than ${upstreamLimits.toolCalls} calls of tools`);
}

/** What comes from here is measured, cut and passed on as text; adapters take over what a provider's JSON has in its place. */
function requireText(value: unknown): void {
  if (typeof value !== 'string' && value !== undefined)
    throw new UpstreamFailure('malformed', 'the answer has something else in the place of a text');
}

function requireTexts(call: {
  readonly id: unknown;
  readonly name: unknown;
  readonly arguments: unknown;
}): void {
  requireText(call.id);
  requireText(call.name);
  requireText(call.arguments);
}
