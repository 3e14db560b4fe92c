/** OpenAI's chat completions API, and the many servers that speak it. */
import type { ProviderRoute } from '../../../shared/routes.js';
import type {
  FinishReason,
  ToolCall,
  Turn,
  TurnEvent,
  TurnImage,
  TurnMessage,
  TurnResult,
  Usage,
} from '../turn.js';
import type { HttpAdapter, StreamReader } from './adapter.js';

export const openaiCompletions: HttpAdapter = {
  kind: 'http',
  request: (turn, model, route, stream) => ({
    path: '/chat/completions',
    headers: requestHeaders(route, stream),
    body: JSON.stringify({
      ...turn.sampling,
      model,
      messages: wireMessages(turn),
      ...(turn.tools.length > 0
        ? { tools: turn.tools.map((tool) => ({ type: 'function', function: tool.definition })) }
        : {}),
      ...(turn.toolChoice === undefined ? {} : { tool_choice: turn.toolChoice }),
      ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
  }),
  readAnswer,
  openStream,
  errorMessage: (answer) => {
    const error = (answer as { error?: unknown } | null)?.error;
    if (typeof error === 'string') return error;
    const message = (error as { message?: unknown } | null | undefined)?.message;
    return typeof message === 'string' ? message : undefined;
  },
};

/** Made once per route: a route never changes, and a route table lives as long as its config version. */
const headersOf = new WeakMap<ProviderRoute, { readonly stream: Headers; readonly whole: Headers }>();
type Headers = Readonly<Record<string, string>>;

function requestHeaders(route: ProviderRoute, stream: boolean): Headers {
  let known = headersOf.get(route);
  if (!known)
    headersOf.set(route, (known = { stream: buildHeaders(route, true), whole: buildHeaders(route, false) }));
  return stream ? known.stream : known.whole;
}

function buildHeaders(route: ProviderRoute, stream: boolean): Headers {
  return {
    'content-type': 'application/json',
    accept: stream ? 'text/event-stream' : 'application/json',
    ...(route.apiKey !== null && route.authHeader ? { authorization: `Bearer ${route.apiKey}` } : {}),
    ...route.headers,
  };
}

function wireMessages(turn: Turn): unknown[] {
  const messages: unknown[] = turn.system === '' ? [] : [{ role: 'system', content: turn.system }];
  for (const message of turn.messages) messages.push(wireMessage(message));
  return messages;
}

function wireMessage(message: TurnMessage): unknown {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: userContent(message.text, message.images) };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.text };
    case 'assistant':
      if (message.toolCalls.length === 0) return { role: 'assistant', content: message.text };
      return {
        role: 'assistant',
        content: message.text === '' ? null : message.text,
        tool_calls: message.toolCalls.map(({ id, name, arguments: args }) => ({
          id,
          type: 'function',
          function: { name, arguments: args },
        })),
      };
  }
}

function userContent(text: string, images: readonly TurnImage[] = []): unknown {
  if (images.length === 0) return text;
  return [
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...images.map(({ mimeType, data }) => ({
      type: 'image_url',
      image_url: { url: `data:${mimeType};base64,${data}` },
    })),
  ];
}

/** The parts of OpenAI's objects that are read; servers differ in the rest. */
interface WireToolCall {
  readonly index?: number;
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface WireChoice {
  readonly message?: { readonly content?: string | null; readonly tool_calls?: readonly WireToolCall[] };
  readonly delta?: { readonly content?: string | null; readonly tool_calls?: readonly WireToolCall[] };
  readonly finish_reason?: string | null;
}

interface WireCompletion {
  readonly choices?: readonly WireChoice[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number } | null;
  readonly error?: unknown;
}

function readAnswer(answer: unknown): TurnResult {
  const completion = answer as WireCompletion;
  const choice = completion?.choices?.[0];
  if (!choice?.message) throw new Error('answer without choices[0].message');
  const { content, tool_calls: calls = [] } = choice.message;
  const toolCalls = (calls ?? []).map((call, index): ToolCall => ({
    id: call.id ?? `call_${index}`,
    name: call.function?.name ?? '',
    arguments: call.function?.arguments ?? '',
  }));
  return {
    text: typeof content === 'string' ? content : '',
    toolCalls,
    finish: toolCalls.length > 0 ? 'tool_calls' : finishReason(choice.finish_reason),
    usage: readUsage(completion.usage),
  };
}

function openStream(): StreamReader {
  let complete = false;
  let ended = false;
  return {
    get complete() {
      return complete || ended;
    },
    get ended() {
      return ended;
    },
    read(data) {
      if (ended) return [];
      if (data === '[DONE]') {
        ended = true;
        return [];
      }
      const chunk = JSON.parse(data) as WireCompletion;
      if (chunk.error !== undefined && chunk.error !== null)
        throw new Error('the provider reported an error in the stream');
      const events: TurnEvent[] = [];
      const choice = chunk.choices?.[0];
      const text = choice?.delta?.content;
      if (typeof text === 'string' && text !== '') events.push({ type: 'text', text });
      for (const call of choice?.delta?.tool_calls ?? []) events.push(toolCallEvent(call));
      if (choice?.finish_reason) {
        complete = true;
        events.push({ type: 'finish', reason: finishReason(choice.finish_reason) });
      }
      if (chunk.usage) events.push({ type: 'usage', usage: readUsage(chunk.usage) });
      return events;
    },
  };
}

function toolCallEvent(call: WireToolCall): TurnEvent {
  return {
    type: 'tool-call',
    index: call.index ?? 0,
    id: call.id || undefined,
    name: call.function?.name || undefined,
    arguments: call.function?.arguments ?? '',
  };
}

function finishReason(reason: string | null | undefined): FinishReason {
  return reason === 'length' || reason === 'tool_calls' || reason === 'content_filter' ? reason : 'stop';
}

function readUsage(usage: WireCompletion['usage']): Usage {
  return { input: tokenCount(usage?.prompt_tokens), output: tokenCount(usage?.completion_tokens) };
}

/** Counters must never go back, whatever a provider says. */
function tokenCount(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
