/** Answers of Anthropic's messages API, whole and streamed. */
import type { Candidate } from '../model-selection.js';
import type { FinishReason, ReasoningItem, ToolCall, TurnEvent, TurnResult, Usage } from '../turn.js';
import { ErrorInAnswer } from '../upstream/reported-error.js';
import type { StreamReader } from './adapter.js';
import { createKeeper, makerOf, newCallId, tokenCount } from './reading.js';

interface Block {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: object;
}

interface WireUsage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_creation_input_tokens?: number;
}

interface WireMessage {
  readonly type?: string;
  readonly content?: readonly Block[];
  readonly stop_reason?: string | null;
  readonly usage?: WireUsage;
  readonly error?: unknown;
}

export function readMessage(answer: unknown, from: Candidate): TurnResult {
  const message = answer as WireMessage;
  if (message?.type === 'error' || message?.error) throw new ErrorInAnswer(message);
  const { content } = message ?? {};
  if (!Array.isArray(content)) throw new Error('answer without content');
  const blocks = content as readonly Block[];
  const toolCalls = blocks.filter(({ type }) => type === 'tool_use').map(toolCall);
  const thinking = blocks.map((block) => block.thinking ?? '').join('');
  const reasoning = blocks.flatMap((block) => reasoningItem(block, from) ?? []);
  return {
    text: blocks.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join(''),
    toolCalls,
    finish: finishReason(message.stop_reason),
    usage: readUsage(message.usage ?? {}),
    ...(thinking === '' ? {} : { thinking }),
    ...(reasoning.length === 0 ? {} : { reasoning }),
  };
}

/** One of a stream's events; which fields it has depends on its type. */
interface WireEvent {
  readonly type?: string;
  readonly index?: number;
  readonly message?: { readonly usage?: WireUsage };
  readonly content_block?: Block;
  readonly delta?: {
    readonly type?: string;
    readonly text?: string;
    readonly thinking?: string;
    readonly signature?: string;
    readonly partial_json?: string;
    readonly stop_reason?: string | null;
  };
  readonly usage?: WireUsage;
}

/** A block that is coming in, of a call or of thoughts: text needs none. */
interface OpenBlock {
  readonly type: string | undefined;
  /** As it began, of thoughts. */
  readonly block: Block;
  /** Number of the call, of one that is a call. */
  readonly call: number;
  thinking: string;
  signature: string;
  /** Some of its arguments have come. */
  filled: boolean;
}

export function openMessageStream(from: Candidate): StreamReader {
  let complete = false;
  let ended = false;
  let calls = 0;
  let usage: WireUsage = {};
  const open = new Map<number, OpenBlock>();
  const keep = createKeeper();

  const start = (index: number, block: Block): TurnEvent[] => {
    const isCall = block.type === 'tool_use';
    const call = isCall ? calls++ : -1;
    const { type } = block;
    const input = isCall && block.input && Object.keys(block.input).length > 0;
    if (type === 'text') return block.text ? [{ type: 'text', text: block.text }] : [];
    const begun = isCall ? {} : block;
    if (!isCall) keep(JSON.stringify(block));
    open.set(index, { type, block: begun, call, thinking: '', signature: '', filled: Boolean(input) });
    if (!isCall) return [];
    const { id, name, arguments: whole } = toolCall(block);
    return [{ type: 'tool-call', index: call, id, name, arguments: input ? whole : '' }];
  };
  const grow = (block: OpenBlock | undefined, delta: NonNullable<WireEvent['delta']>): TurnEvent[] => {
    const { text, thinking, signature, partial_json: json } = delta;
    if (text) return [{ type: 'text', text }];
    if (!block) return [];
    if (signature) block.signature += keep(signature);
    if (thinking) {
      block.thinking += keep(thinking);
      return [{ type: 'thinking', text: thinking }];
    }
    if (!json || block.call < 0) return [];
    block.filled = true;
    return [{ type: 'tool-call', index: block.call, id: undefined, name: undefined, arguments: json }];
  };
  const stop = (index: number): TurnEvent[] => {
    const ending = open.get(index);
    open.delete(index);
    if (!ending) return [];
    const { type, block, call, filled, thinking, signature } = ending;
    if (call >= 0 && !filled)
      return [{ type: 'tool-call', index: call, id: undefined, name: undefined, arguments: '{}' }];
    const whole = type === 'thinking' ? { ...block, thinking, signature } : block;
    const item = reasoningItem(whole, from);
    return item ? [{ type: 'reasoning', item }] : [];
  };
  return {
    get complete() {
      return complete || ended;
    },
    get ended() {
      return ended;
    },
    get usage() {
      return readUsage(usage);
    },
    read(data) {
      if (ended || data === '[DONE]') return [];
      const event = JSON.parse(data) as WireEvent;
      switch (event.type ?? '') {
        case 'message_start':
          usage = { ...event.message?.usage };
          return [];
        case 'content_block_start':
          return start(event.index ?? 0, event.content_block ?? {});
        case 'content_block_delta':
          return grow(open.get(event.index ?? 0), event.delta ?? {});
        case 'content_block_stop':
          return stop(event.index ?? 0);
        case 'message_delta':
          usage = { ...usage, ...event.usage };
          if (complete || !event.delta?.stop_reason) return [];
          complete = true;
          return [
            { type: 'finish', reason: finishReason(event.delta.stop_reason) },
            { type: 'usage', usage: readUsage(usage) },
          ];
        case 'message_stop':
          ended = true;
          return [];
        case 'error':
          throw new ErrorInAnswer(event);
        default:
          return []; // `ping`, and what is yet to come: the API asks its readers to pass over it
      }
    },
  };
}

function toolCall({ id, name = '', input = {} }: Block): ToolCall {
  return { id: id || newCallId(), name, arguments: JSON.stringify(input) };
}

/** Thoughts are signed, or encrypted altogether; the API wants them back as they are while tools are called. */
function reasoningItem(block: Block, from: Candidate): ReasoningItem | undefined {
  const { type, thinking = '', signature = '', data = '' } = block;
  const madeBy = makerOf(from);
  if (type === 'thinking') return { madeBy, item: { type, thinking, signature } };
  return type === 'redacted_thinking' ? { madeBy, item: { type, data } } : undefined;
}

function finishReason(reason: string | null | undefined): FinishReason {
  switch (reason ?? '') {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'content_filter';
    default:
      return 'stop';
  }
}

function readUsage(usage: WireUsage): Usage {
  return {
    input: tokenCount(usage.input_tokens),
    output: tokenCount(usage.output_tokens),
    cacheRead: tokenCount(usage.cache_read_input_tokens),
    cacheWrite: tokenCount(usage.cache_creation_input_tokens),
  };
}
