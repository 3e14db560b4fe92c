/** Answers of OpenAI's responses API, whole and streamed. */
import type { Candidate } from '../model-selection.js';
import type { FinishReason, ReasoningItem, ToolCall, TurnEvent, TurnResult, Usage } from '../turn.js';
import { ErrorInAnswer } from '../upstream/reported-error.js';
import type { StreamReader } from './adapter.js';
import { argumentsText, makerOf, newCallId, tokenCount } from './reading.js';

interface Part {
  readonly type?: string;
  readonly text?: string;
  readonly refusal?: string;
}

interface Item {
  readonly type?: string;
  readonly id?: string;
  readonly content?: readonly Part[] | null;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: unknown;
  readonly summary?: readonly Part[] | null;
  readonly encrypted_content?: string | null;
}

interface WireUsage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly input_tokens_details?: { readonly cached_tokens?: number } | null;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number } | null;
}

interface WireResponse {
  readonly status?: string;
  readonly output?: readonly Item[];
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly usage?: WireUsage | null;
  readonly error?: unknown;
}

export function readResponse(answer: unknown, from: Candidate): TurnResult {
  const response = answer as WireResponse;
  if (response?.status === 'failed' || response?.error) throw new ErrorInAnswer(response);
  const { output } = response ?? {};
  if (!Array.isArray(output)) throw new Error('answer without output');
  const items = output as readonly Item[];
  const texts = items.filter(({ type }) => type === 'message').map(textOf);
  const toolCalls = items.filter(({ type }) => type === 'function_call').map(toolCall);
  const thinking = items.flatMap((item) => (item.type === 'reasoning' ? summaryOf(item) : [])).join('\n\n');
  const reasoning = items.flatMap((item) => reasoningItem(item, from) ?? []);
  return {
    text: texts.filter(Boolean).join('\n\n'),
    toolCalls,
    finish: finishReason(response, toolCalls.length > 0),
    usage: readUsage(response.usage),
    ...(thinking === '' ? {} : { thinking }),
    ...(reasoning.length === 0 ? {} : { reasoning }),
  };
}

/** One of a stream's events; which fields it has depends on its type. */
interface WireEvent {
  readonly type?: string;
  readonly output_index?: number;
  readonly item?: Item;
  readonly delta?: string;
  readonly response?: WireResponse;
}

export function openResponseStream(from: Candidate): StreamReader {
  let ended = false;
  let messages = 0;
  let summaries = 0;
  /** Numbers of the calls by their places in the output, and whether arguments of them have come. */
  const calls = new Map<number, { readonly index: number; filled: boolean }>();

  const begin = (place: number, item: Item): TurnEvent[] => {
    if (item.type === 'message') {
      messages += 1;
      return messages > 1 ? [{ type: 'text', text: '\n\n' }] : [];
    }
    if (item.type !== 'function_call') return [];
    const { id, name, arguments: args } = toolCall(item);
    const index = calls.size;
    calls.set(place, { index, filled: args !== '' });
    return [{ type: 'tool-call', index, id, name, arguments: args }];
  };
  const addArguments = (place: number, text: string): TurnEvent[] => {
    const call = calls.get(place);
    if (!call || text === '') return [];
    call.filled = true;
    return [{ type: 'tool-call', index: call.index, id: undefined, name: undefined, arguments: text }];
  };
  const finishItem = (place: number, item: Item): TurnEvent[] => {
    const reasoning = reasoningItem(item, from);
    if (reasoning) return [{ type: 'reasoning', item: reasoning }];
    const call = calls.get(place);
    return call && !call.filled ? addArguments(place, argumentsText(item.arguments)) : [];
  };
  const end = (response: WireResponse): TurnEvent[] => {
    ended = true;
    return [
      { type: 'finish', reason: finishReason(response, calls.size > 0) },
      { type: 'usage', usage: readUsage(response.usage) },
    ];
  };
  return {
    get complete() {
      return ended;
    },
    get ended() {
      return ended;
    },
    read(data) {
      if (ended || data === '[DONE]') return [];
      const event = JSON.parse(data) as WireEvent;
      const { output_index: place = 0, item = {}, delta = '', response = {} } = event;
      switch (event.type ?? '') {
        case 'response.output_item.added':
          return begin(place, item);
        case 'response.output_text.delta':
        case 'response.refusal.delta':
          return delta === '' ? [] : [{ type: 'text', text: delta }];
        case 'response.reasoning_summary_part.added':
          summaries += 1;
          return summaries > 1 ? [{ type: 'thinking', text: '\n\n' }] : [];
        case 'response.reasoning_summary_text.delta':
        case 'response.reasoning_text.delta':
          return delta === '' ? [] : [{ type: 'thinking', text: delta }];
        case 'response.function_call_arguments.delta':
          return addArguments(place, delta);
        case 'response.output_item.done':
          return finishItem(place, item);
        case 'response.completed':
        case 'response.incomplete':
          return end(response);
        case 'response.failed':
          throw new ErrorInAnswer(response);
        case 'error':
          throw new ErrorInAnswer(event);
        default:
          return [];
      }
    },
  };
}

function textOf({ content }: Item): string {
  return (content ?? []).map(({ text, refusal }) => text ?? refusal ?? '').join('');
}

function summaryOf({ summary }: Item): string[] {
  return (summary ?? []).flatMap(({ text }) => text ?? []);
}

function toolCall({ call_id: id, name = '', arguments: args }: Item): ToolCall {
  return { id: id || newCallId(), name, arguments: argumentsText(args) };
}

/** Only with its content, which is encrypted: the id alone names something that the provider does not keep. */
function reasoningItem(item: Item, from: Candidate): ReasoningItem | undefined {
  const { type, id, summary, encrypted_content: content } = item;
  if (type !== 'reasoning' || typeof content !== 'string') return undefined;
  return {
    madeBy: makerOf(from),
    item: { type, ...(id === undefined ? {} : { id }), summary: summary ?? [], encrypted_content: content },
  };
}

function finishReason({ status, incomplete_details: why }: WireResponse, calls: boolean): FinishReason {
  if (status === 'incomplete') return why?.reason === 'content_filter' ? 'content_filter' : 'length';
  return calls ? 'tool_calls' : 'stop';
}

function readUsage(usage: WireUsage | null | undefined): Usage {
  const prompt = tokenCount(usage?.input_tokens);
  const cacheRead = Math.min(prompt, tokenCount(usage?.input_tokens_details?.cached_tokens));
  const counted = {
    input: prompt - cacheRead,
    output: tokenCount(usage?.output_tokens),
    cacheRead,
    cacheWrite: 0,
  };
  const reasoning = tokenCount(usage?.output_tokens_details?.reasoning_tokens);
  return reasoning === 0 ? counted : { ...counted, reasoning };
}
