/** Body of `POST /v1/chat/completions` → a turn (http.md §7.1). Unknown fields are ignored, null counts as absent. */
import * as v from 'valibot';
import { ApiError } from '../../../shared/errors/api-error.js';
import { isTooDeep, TOO_DEEP } from '../../../shared/json-depth.js';
import { compile } from '../../../shared/schema.js';
import { jsonProblem } from '../../../shared/json-problem.js';
import type { SentFile } from '../responses/parts.js';
import type { Turn, TurnMessage } from '../turn.js';
import { readTools } from './tools.js';

/** A request for a completion, whatever its endpoint. */
export interface CompletionRequest {
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly user: string | undefined;
  readonly turn: Turn;
  /** Of the last message of the user, which is in the turn without them; none when absent. */
  readonly imageUrls: readonly string[] | undefined;
  /** Of all messages; their text is not in the turn. */
  readonly files?: readonly SentFile[];
  /** It runs on a session, also where it names none. */
  readonly stored: boolean;
  /** The answer that it goes on from. */
  readonly previous?: string | undefined;
}

const Part = v.object({
  type: v.string(),
  text: v.exactOptional(v.string()),
  image_url: v.exactOptional(v.unknown()),
});

const ToolCall = v.object({
  id: v.string(),
  function: v.object({ name: v.string(), arguments: v.string() }),
});

const Message = v.object({
  role: v.picklist(['system', 'developer', 'user', 'assistant', 'tool']),
  content: v.exactOptional(v.union([v.string(), v.array(Part), v.null()])),
  tool_call_id: v.exactOptional(v.string()),
  tool_calls: v.exactOptional(v.nullable(v.array(ToolCall))),
});

const within = (least: number, most: number) =>
  v.exactOptional(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));
const positive = v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1)));

const Body = v.object({
  model: v.exactOptional(v.string()),
  messages: v.exactOptional(v.array(Message)),
  stream: v.exactOptional(v.boolean()),
  stream_options: v.exactOptional(v.object({ include_usage: v.exactOptional(v.boolean()) })),
  user: v.exactOptional(v.string()),
  max_tokens: positive,
  max_completion_tokens: positive,
  temperature: within(0, 2),
  top_p: within(0, 1),
  frequency_penalty: within(-2, 2),
  presence_penalty: within(-2, 2),
  seed: v.exactOptional(v.pipe(v.number(), v.integer())),
  stop: v.exactOptional(v.union([v.string(), v.pipe(v.array(v.string()), v.maxLength(4))])),
});
const check = compile(Body);

type Body = v.InferOutput<typeof Body>;
type Message = v.InferOutput<typeof Message>;

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
export function readChatRequest(body: string | Uint8Array<ArrayBuffer>): CompletionRequest {
  const raw = parseObject(body);
  if (!check.is(raw)) {
    const [problem] = check.problems(raw);
    const field = problem?.path.slice(1).replaceAll('/', '.') || 'body';
    throw invalid(`Invalid \`${field}\`: ${problem?.message ?? 'not accepted'}.`);
  }
  return {
    model: raw.model,
    stream: raw.stream ?? false,
    includeUsage: raw.stream_options?.include_usage ?? false,
    user: raw.user,
    stored: false,
    ...readTurn(raw, raw),
  };
}

/** @throws ApiError 400 when it is not JSON, or not an object */
export function parseObject(body: string | Uint8Array<ArrayBuffer>): Record<string, unknown> {
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (caught) {
    throw invalid(`Invalid JSON: ${jsonProblem(caught)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('Invalid JSON: body must be an object');
  if (isTooDeep(body)) throw invalid(TOO_DEEP);
  const object = value as Record<string, unknown>;
  for (const key in object) if (object[key] === null) delete object[key];
  return object;
}

function readTurn(
  body: Body,
  raw: Readonly<Record<string, unknown>>,
): Pick<CompletionRequest, 'turn' | 'imageUrls'> {
  const system: string[] = [];
  const messages: TurnMessage[] = [];
  let prompt = 0;
  let imageUrls: readonly string[] | undefined;
  for (const message of body.messages ?? []) {
    const text = textOf(message);
    if (message.role === 'system' || message.role === 'developer') {
      if (text !== '') system.push(text);
      continue;
    }
    messages.push(turnMessage(message, text));
    if (message.role === 'user' || message.role === 'tool') prompt = messages.length;
    if (message.role === 'user') imageUrls = imageUrlsOf(message);
  }
  // A tool may have had nothing to say; what must not be missing is something that somebody asked.
  if (!imageUrls && !messages.some(({ role, text }) => role !== 'assistant' && text !== ''))
    throw invalid('Missing user message in `messages`.');
  const turn = {
    system: system.join('\n\n'),
    messages: messages.slice(0, prompt),
    ...readTools(raw.tools, raw.tool_choice),
    sampling: sampling(body, raw),
  };
  return { turn, imageUrls };
}

function imageUrlsOf({ content }: Message): readonly string[] | undefined {
  if (!Array.isArray(content)) return undefined;
  const urls: string[] = [];
  for (const { type, image_url: image } of content) {
    if (type !== 'image_url') continue;
    const url = typeof image === 'string' ? image : (image as { url?: unknown } | null | undefined)?.url;
    if (typeof url !== 'string') throw invalidImage();
    urls.push(url);
  }
  return urls.length > 0 ? urls : undefined;
}

export function invalidImage(): ApiError {
  return invalid('Invalid image_url content in `messages`.');
}

function turnMessage(message: Message, text: string): TurnMessage {
  if (message.role === 'tool') return { role: 'tool', toolCallId: message.tool_call_id ?? '', text };
  if (message.role !== 'assistant') return { role: 'user', text };
  const calls = message.tool_calls ?? [];
  const toolCalls = calls.map((call) => ({
    id: call.id,
    name: call.function.name,
    arguments: call.function.arguments,
  }));
  return { role: 'assistant', text, toolCalls };
}

function textOf(message: Message): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  const texts: string[] = [];
  for (const part of content ?? []) {
    if (part.type === 'text' || part.type === 'input_text') texts.push(part.text ?? '');
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
