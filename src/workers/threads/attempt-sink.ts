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

  /** @throws UpstreamFailure when there are too many calls of tools */
  event(event: TurnEvent): void {
    if (event.type === 'tool-call') requireFewCalls(event.index + 1);
    this.#pass();
    if (event.type === 'usage') this.usage = event.usage;
    this.#sink.event(event);
  }

  /** @throws UpstreamFailure when there are too many calls of tools */
  result(result: TurnResult): void {
    requireFewCalls(result.toolCalls.length);
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
