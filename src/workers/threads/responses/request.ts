/** Body of `POST /v1/responses` → a turn (http.md §8.1). Strictly checked; null counts as absent. */
import * as v from 'valibot';
import { compile } from '../../../shared/schema.js';
import { parseObject, type CompletionRequest } from '../chat/request.js';
import { readInput, referredItems } from './input.js';
import { invalid, requireValid } from './invalid.js';
import type { Recall } from './recall.js';
import { readTools } from './tools.js';

const accepted = v.exactOptional(v.unknown());
const text = v.exactOptional(v.string());
const positive = v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1)));
const within = (least: number, most: number) =>
  v.exactOptional(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));

const check = compile(
  v.strictObject({
    model: v.string(),
    input: v.union([v.string(), v.array(v.unknown())]),
    instructions: text,
    tools: v.exactOptional(v.array(v.unknown())),
    tool_choice: accepted,
    stream: v.exactOptional(v.boolean()),
    max_output_tokens: positive,
    max_tool_calls: positive,
    user: text,
    temperature: within(0, 2),
    top_p: within(0, 1),
    metadata: v.exactOptional(v.record(v.string(), v.string())),
    store: v.exactOptional(v.boolean()),
    truncation: v.exactOptional(v.picklist(['auto', 'disabled'])),
    reasoning: v.exactOptional(
      v.object({
        effort: v.exactOptional(v.nullable(v.string())),
        summary: v.exactOptional(v.nullable(v.string())),
      }),
    ),
    text: v.exactOptional(
      v.object({ format: v.exactOptional(v.nullable(v.object({ type: v.literal('text') }))) }),
    ),
    previous_response_id: text,
    parallel_tool_calls: v.exactOptional(v.boolean()),
    // What clients send along, and what changes nothing in an answer.
    background: v.exactOptional(v.literal(false)),
    include: accepted,
    prompt_cache_key: accepted,
    prompt_cache_retention: accepted,
    safety_identifier: accepted,
    service_tier: accepted,
    stream_options: accepted,
  }),
);

/**
 * @param openRecall for a request that refers to earlier answers, and goes on with no session that has them
 * @throws ApiError 400 `<path>: <problem>`
 */
export async function readResponseRequest(
  body: string | Uint8Array<ArrayBuffer>,
  openRecall: () => Promise<Recall>,
): Promise<CompletionRequest> {
  const raw = parseObject(body);
  requireValid(check, raw);
  const { instructions = '', temperature, top_p, max_output_tokens, parallel_tool_calls } = raw;
  const holdsAnswers = raw.previous_response_id !== undefined || (raw.user ?? '').trim() !== '';
  const referred = holdsAnswers ? [] : referredItems(raw.input);
  const recalled = referred.length > 0 ? (await openRecall())(referred) : [];
  const { system, messages, imageUrls, files } = readInput(raw.input, recalled);
  if (!imageUrls && !messages.some((one) => one.role !== 'assistant' && one.text !== ''))
    throw invalid('Missing user message in `input`.');
  const { tools, toolChoice } = readTools(raw.tools ?? [], raw.tool_choice);
  const sampling = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(top_p === undefined ? {} : { top_p }),
    ...(max_output_tokens === undefined ? {} : { max_completion_tokens: max_output_tokens }),
    ...(parallel_tool_calls === undefined ? {} : { parallel_tool_calls }),
  };
  return {
    model: raw.model,
    stream: raw.stream ?? false,
    includeUsage: false,
    user: raw.user,
    turn: {
      system: [instructions, ...system].filter((one) => one !== '').join('\n\n'),
      messages,
      tools,
      toolChoice,
      sampling,
    },
    imageUrls,
    ...(files.length > 0 && { files }),
    stored: raw.store !== false || raw.previous_response_id !== undefined,
    previous: raw.previous_response_id,
  };
}
