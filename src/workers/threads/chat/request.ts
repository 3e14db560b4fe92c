/** Body of `POST /v1/chat/completions` → a turn (http.md §7.1). Unknown fields are ignored, null counts as absent. */
import Type, { type Static } from 'typebox';
import { ApiError } from '../../../shared/errors/api-error.js';
import { compile } from '../../../shared/schema.js';
import { toError } from '../../../shared/to-error.js';
import type { Turn, TurnMessage } from '../turn.js';
import { readTools } from './tools.js';

export interface ChatRequest {
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly turn: Turn;
}

const Part = Type.Object({ type: Type.String(), text: Type.Optional(Type.String()) });
const Content = Type.Optional(Type.Union([Type.String(), Type.Array(Part), Type.Null()]));

const Message = Type.Object({
  role: Type.Union(
    (['system', 'developer', 'user', 'assistant', 'tool'] as const).map((role) => Type.Literal(role)),
  ),
  content: Content,
  tool_call_id: Type.Optional(Type.String()),
  tool_calls: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Array(
        Type.Object({
          id: Type.String(),
          function: Type.Object({ name: Type.String(), arguments: Type.String() }),
        }),
      ),
    ]),
  ),
});

const range = (minimum: number, maximum: number) => Type.Optional(Type.Number({ minimum, maximum }));
const positive = Type.Optional(Type.Integer({ minimum: 1 }));

const Body = Type.Object({
  model: Type.Optional(Type.String()),
  messages: Type.Optional(Type.Array(Message)),
  stream: Type.Optional(Type.Boolean()),
  stream_options: Type.Optional(Type.Object({ include_usage: Type.Optional(Type.Boolean()) })),
  user: Type.Optional(Type.String()),
  max_tokens: positive,
  max_completion_tokens: positive,
  temperature: range(0, 2),
  top_p: range(0, 1),
  frequency_penalty: range(-2, 2),
  presence_penalty: range(-2, 2),
  seed: Type.Optional(Type.Integer()),
  stop: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 4 })])),
});
const check = compile(Body);

type Body = Static<typeof Body>;
type Message = Static<typeof Message>;

/** Forwarded as they are; what needs a check has one in `Body`. */
const forwarded = [
  'temperature',
  'top_p',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'response_format',
  'reasoning_effort',
  'parallel_tool_calls',
  'logit_bias',
  'logprobs',
  'top_logprobs',
] as const;

/** @throws ApiError 400 that names the field */
export function readChatRequest(body: string | Uint8Array<ArrayBuffer>): ChatRequest {
  const raw = parseObject(typeof body === 'string' ? body : Buffer.from(body.buffer).toString('utf8'));
  if (!check.is(raw)) {
    const [problem] = check.problems(raw);
    const field = problem?.path.slice(1).replaceAll('/', '.') || 'body';
    throw invalid(`Invalid \`${field}\`: ${problem?.message ?? 'not accepted'}.`);
  }
  return {
    model: raw.model,
    stream: raw.stream ?? false,
    includeUsage: raw.stream_options?.include_usage ?? false,
    turn: readTurn(raw, raw),
  };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (caught) {
    throw invalid(`Invalid JSON: ${toError(caught).message.slice(0, 200)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('Invalid JSON: body must be an object');
  const object = value as Record<string, unknown>;
  for (const key in object) if (object[key] === null) delete object[key];
  return object;
}

function readTurn(body: Body, raw: Readonly<Record<string, unknown>>): Turn {
  const system: string[] = [];
  const messages: TurnMessage[] = [];
  let prompt = 0;
  for (const message of body.messages ?? []) {
    const text = textOf(message);
    if (message.role === 'system' || message.role === 'developer') {
      if (text !== '') system.push(text);
      continue;
    }
    messages.push(turnMessage(message, text));
    if (message.role === 'user' || message.role === 'tool') prompt = messages.length;
  }
  const last = messages[prompt - 1];
  if (!last || last.text === '') throw invalid('Missing user message in `messages`.');
  return {
    system: system.join('\n\n'),
    messages: messages.slice(0, prompt),
    ...readTools(raw.tools, raw.tool_choice),
    sampling: sampling(body, raw),
  };
}

function turnMessage(message: Message, text: string): TurnMessage {
  switch (message.role) {
    case 'tool':
      return { role: 'tool', toolCallId: message.tool_call_id ?? '', text };
    case 'assistant': {
      const toolCalls = (message.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function }));
      return { role: 'assistant', text, toolCalls };
    }
    default:
      return { role: 'user', text };
  }
}

function textOf(message: Message): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  const texts: string[] = [];
  for (const part of content ?? []) {
    if (part.type === 'text' || part.type === 'input_text') texts.push(part.text ?? '');
    // Images come with the limits that make them safe; until then a clear refusal, never a silent loss.
    else if (part.type === 'image_url') throw invalid('Invalid image_url content in `messages`.');
  }
  return texts.join('\n');
}

function sampling(body: Body, raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const key of forwarded) if (raw[key] !== undefined) values[key] = raw[key];
  if (body.max_completion_tokens !== undefined) values.max_completion_tokens = body.max_completion_tokens;
  else if (body.max_tokens !== undefined) values.max_tokens = body.max_tokens;
  return values;
}

function invalid(message: string): ApiError {
  return new ApiError('invalidRequest', { message });
}
