/** What answers of all APIs have in common, and how little of it can be relied on. */
import { randomBytes } from 'node:crypto';
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import type { Candidate } from '../model-selection.js';
import type { ReasoningItem, TurnMessage } from '../turn.js';
import { UpstreamFailure } from '../upstream/failure.js';

/** Counters must never go back, whatever a provider says. */
export function tokenCount(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

/** For a call that the provider left unnamed: whoever answers it has to say which one it was. */
export function newCallId(): string {
  return `call_${randomBytes(12).toString('hex')}`;
}

/** Arguments of a call as JSON text; some servers give the object itself. */
export function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** Those of a call as an object; what a model wrote need not be one. */
export function argumentsObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Cut off or made up: the API takes nothing but an object.
  }
  return {};
}

export function makerOf({ provider, model }: Candidate): string {
  return `${provider.id}/${model}`;
}

/** The reasoning in a message that this very model gave: others could not read it, and would refuse it. */
export function ownReasoning(
  message: Extract<TurnMessage, { role: 'assistant' }>,
  to: Candidate,
): readonly ReasoningItem['item'][] {
  if (!message.reasoning) return [];
  const maker = makerOf(to);
  return message.reasoning.filter(({ madeBy }) => madeBy === maker).map(({ item }) => item);
}

/**
 * For what a reader of a stream keeps until it is whole: gives back the text that it counts. Whatever becomes of the stream's
 * text, this stays in memory. @throws UpstreamFailure when it is more than an answer may be
 */
export function createKeeper(): (text: string) => string {
  let chars = 0;
  return (text) => {
    chars += text.length + upstreamLimits.eventOverheadBytes;
    if (chars > upstreamLimits.responseBytes)
      throw new UpstreamFailure('malformed', `reasoning larger than ${upstreamLimits.responseBytes} bytes`);
    return text;
  };
}
