/**
 * Answers of OpenAI's chat completions API, whole and in chunks. Servers differ in nearly all of it: what is read here
 * is what they have been seen to send (docs/providers.md).
 */
import type { Candidate } from '../model-selection.js';
import type { FinishReason, ReasoningItem, ToolCall, TurnEvent, TurnResult, Usage } from '../turn.js';
import { ErrorInAnswer } from '../upstream/reported-error.js';
import type { StreamReader } from './adapter.js';
import { argumentsText, createKeeper, makerOf, newCallId, tokenCount } from './reading.js';

/** The parts of OpenAI's objects that are read; servers differ in the rest. */
interface WireToolCall {
  readonly index?: number;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown };
}

interface WireMessage {
  readonly content?: unknown;
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly tool_calls?: readonly WireToolCall[] | null;
}

interface WireChoice {
  readonly message?: WireMessage;
  readonly delta?: WireMessage;
  readonly finish_reason?: string | null;
  readonly error?: unknown;
}

interface WireUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number;
    readonly cache_write_tokens?: number;
  } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
  readonly prompt_cache_hit_tokens?: number;
}

interface WireCompletion {
  readonly choices?: readonly WireChoice[] | null;
  readonly usage?: WireUsage | null;
  readonly error?: unknown;
  readonly object?: unknown;
  readonly detail?: unknown;
}

export function readCompletion(answer: unknown, from: Candidate): TurnResult {
  const completion = answer as WireCompletion;
  const choice = completion?.choices?.[0];
  requireNoError(completion, choice);
  if (!choice?.message) throw new Error('answer without choices[0].message');
  const { message } = choice;
  const toolCalls = (message.tool_calls ?? []).map((call): ToolCall => ({
    id: call.id || newCallId(),
    name: call.function?.name ?? '',
    arguments: argumentsText(call.function?.arguments),
  }));
  const result: TurnResult = {
    text: textOf(message),
    toolCalls,
    finish: finishReason(choice.finish_reason, toolCalls.length > 0),
    usage: readUsage(completion.usage),
  };
  const field = thinkingField(message);
  if (!field) return result;
  const thinking = message[field] as string;
  return { ...result, thinking, reasoning: [reasoningItem(field, thinking, from)] };
}

export function openCompletionStream(from: Candidate): StreamReader {
  let complete = false;
  let ended = false;
  let usage: Usage | undefined;
  let thinking = '';
  let field: ThinkingField | undefined;
  const keep = createKeeper();
  const calls = createCallNumbers();

  const finish = (reason: string | null | undefined, events: TurnEvent[]): void => {
    if (complete) return;
    complete = true;
    if (field) events.push({ type: 'reasoning', item: reasoningItem(field, thinking, from) });
    events.push({ type: 'finish', reason: finishReason(reason, calls.any) });
  };
  return {
    get complete() {
      return complete || ended;
    },
    get ended() {
      return ended;
    },
    read(data) {
      if (ended) return [];
      const events: TurnEvent[] = [];
      if (data === '[DONE]') {
        ended = true;
        finish(undefined, events);
        if (usage) events.push({ type: 'usage', usage });
        return events;
      }
      const chunk = JSON.parse(data) as WireCompletion;
      const choice = chunk.choices?.[0];
      requireNoError(chunk, choice);
      const delta = choice?.delta ?? {};
      const spoken = thinkingField(delta);
      if (spoken) {
        field ??= spoken;
        thinking += keep(delta[spoken] as string);
        events.push({ type: 'thinking', text: delta[spoken] as string });
      }
      const text = textOf(delta);
      if (text !== '') events.push({ type: 'text', text });
      for (const call of delta.tool_calls ?? []) events.push(calls.event(call));
      if (choice?.finish_reason) finish(choice.finish_reason, events);
      if (chunk.usage) usage = readUsage(chunk.usage);
      // Some count from the first chunk on: only what they say at the end matters.
      if (usage && complete) {
        events.push({ type: 'usage', usage });
        usage = undefined;
      }
      return events;
    },
  };
}

/** Numbers the calls of a stream: the provider's own numbers may be missing, or the same for all. */
function createCallNumbers(): { event(call: WireToolCall): TurnEvent; readonly any: boolean } {
  const ids: string[] = [];
  const byIndex = new Map<number, number>();
  const byId = new Map<string, number>();
  const placeOf = ({ index, id }: WireToolCall): number | undefined => {
    if (index !== undefined) return byIndex.get(index);
    if (id) return byId.get(id);
    return ids.length > 0 ? ids.length - 1 : undefined;
  };
  return {
    get any() {
      return ids.length > 0;
    },
    event(call) {
      const { id, index } = call;
      const name = call.function?.name || undefined;
      const args = argumentsText(call.function?.arguments);
      const place = placeOf(call);
      const another = place !== undefined && id && name !== undefined && ids[place] !== id;
      if (place !== undefined && !another)
        return { type: 'tool-call', index: place, id: undefined, name: undefined, arguments: args };
      const made = id || newCallId();
      const at = ids.push(made) - 1;
      if (index !== undefined) byIndex.set(index, at);
      if (!byId.has(made)) byId.set(made, at);
      return { type: 'tool-call', index: at, id: made, name, arguments: args };
    },
  };
}

function requireNoError(completion: WireCompletion | null, choice: WireChoice | undefined): void {
  if (completion?.error !== undefined && completion.error !== null) throw new ErrorInAnswer(completion);
  if (choice?.error !== undefined && choice.error !== null) throw new ErrorInAnswer(choice);
  if (!choice && (completion?.object === 'error' || completion?.detail !== undefined))
    throw new ErrorInAnswer(completion);
}

type ThinkingField = 'reasoning_content' | 'reasoning';

function thinkingField(message: WireMessage): ThinkingField | undefined {
  if (typeof message.reasoning_content === 'string' && message.reasoning_content !== '')
    return 'reasoning_content';
  return typeof message.reasoning === 'string' && message.reasoning !== '' ? 'reasoning' : undefined;
}

/** Servers that show the model's reasoning want it back while it calls tools, in the field that it came in. */
function reasoningItem(field: ThinkingField, thinking: string, from: Candidate): ReasoningItem {
  return { madeBy: makerOf(from), item: { [field]: thinking } };
}

/** A text, or a list of parts, some of which are text. */
function textOf({ content, refusal }: WireMessage): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content))
    return content
      .map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : ''))
      .join('');
  return typeof refusal === 'string' ? refusal : '';
}

/** Not every server says that it ended for its tool calls, or uses OpenAI's words: all but these mean that it was done. */
function finishReason(reason: string | null | undefined, calls: boolean): FinishReason {
  if (reason === 'length' || reason === 'content_filter') return reason;
  return calls || reason === 'tool_calls' ? 'tool_calls' : 'stop';
}

function readUsage(usage: WireUsage | null | undefined): Usage {
  const prompt = tokenCount(usage?.prompt_tokens);
  const details = usage?.prompt_tokens_details;
  const cacheRead = Math.min(prompt, tokenCount(details?.cached_tokens ?? usage?.prompt_cache_hit_tokens));
  const cacheWrite = Math.min(prompt - cacheRead, tokenCount(details?.cache_write_tokens));
  const counted = {
    input: prompt - cacheRead - cacheWrite,
    output: tokenCount(usage?.completion_tokens),
    cacheRead,
    cacheWrite,
  };
  const reasoning = tokenCount(usage?.completion_tokens_details?.reasoning_tokens);
  return reasoning === 0 ? counted : { ...counted, reasoning };
}
