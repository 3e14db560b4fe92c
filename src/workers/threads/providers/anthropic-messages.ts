/** Anthropic's messages API: requests. */
import { modelLimits } from '../../../shared/upstream/limits.js';
import type { Credential, ProviderRoute } from '../../../shared/routes.js';
import type { Candidate } from '../model-selection.js';
import type { FunctionTool, ToolChoice, Turn, TurnImage, TurnMessage } from '../turn.js';
import type { HttpAdapter } from './adapter.js';
import { openMessageStream, readMessage } from './anthropic-message.js';
import { argumentsObject, ownReasoning } from './reading.js';
import { bearer, createRequestHeaders } from './request-headers.js';
import { noParameters, present, readOptions, type Effort, type Options } from './sampling.js';

const headersFor = createRequestHeaders(authHeaders, { 'anthropic-version': '2023-06-01' });

export const anthropicMessages: HttpAdapter = {
  kind: 'http',
  request: (turn, to, credential, stream) => ({
    path: pathOf(to.provider),
    headers: headersFor(to.provider, credential, stream),
    body: JSON.stringify(requestBody(turn, to, stream)),
  }),
  readAnswer: readMessage,
  openStream: openMessageStream,
};

function authHeaders(secret: string, kind: Credential['kind']): Readonly<Record<string, string>> {
  return kind === 'token' ? bearer(secret) : { 'x-api-key': secret };
}

/** Anthropic's own clients take a base URL without the version, others one with it. */
function pathOf({ baseUrl }: ProviderRoute): string {
  return /\/v1\/*$/.test(baseUrl) ? '/messages' : '/v1/messages';
}

function requestBody(turn: Turn, to: Candidate, stream: boolean): object {
  const options = readOptions(turn);
  const { thinking, effort, maxTokens } = thinkingOf(turn, to, options);
  const { promptCaching, supportsStrictMode } = to.facts.compat ?? {};
  const messages = wireMessages(turn, to);
  if (promptCaching) markForCache(messages);
  const outputConfig = present({
    effort,
    format: options.schema && { type: 'json_schema', schema: options.schema.schema },
  });
  return present({
    model: to.model,
    max_tokens: maxTokens,
    system: systemOf(turn.system, promptCaching),
    messages,
    tools: turn.tools.length === 0 ? undefined : turn.tools.map((tool) => wireTool(tool, supportsStrictMode)),
    tool_choice: wireChoice(turn, options.parallelCalls),
    // A model that thinks takes neither.
    temperature: thinking || options.temperature === undefined ? undefined : Math.min(1, options.temperature),
    top_p: thinking ? undefined : options.topP,
    stop_sequences: options.stop.length === 0 ? undefined : options.stop,
    thinking,
    output_config: Object.keys(outputConfig).length === 0 ? undefined : outputConfig,
    stream: stream || undefined,
  });
}

interface Thinking {
  readonly thinking: object | undefined;
  readonly effort: string | undefined;
  readonly maxTokens: number;
}

/** Tokens to think with: of what the model may write in all, so that something is left for the answer. */
const budgets: Readonly<Record<Effort, number>> = {
  minimal: modelLimits.thinkingMinTokens,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_768,
};

function thinkingOf(turn: Turn, { facts }: Candidate, { effort, maxTokens: asked }: Options): Thinking {
  const most = facts.maxTokens ?? modelLimits.maxTokens;
  const without = { thinking: undefined, effort: undefined, maxTokens: asked ?? most };
  const { thinkingFormat, supportsReasoningEffort } = facts.compat ?? {};
  if (effort === undefined || facts.reasoning === false || supportsReasoningEffort === false) return without;
  if (!mayThink(turn)) return without;
  if (thinkingFormat === 'adaptive')
    return {
      thinking: { type: 'adaptive' },
      effort: effort === 'minimal' ? 'low' : effort,
      maxTokens: asked ?? most,
    };
  const maxTokens = asked ?? facts.maxTokens ?? budgets[effort] + most;
  const budget = Math.min(budgets[effort], maxTokens - modelLimits.thinkingMinTokens);
  if (budget < modelLimits.thinkingMinTokens) return without;
  return { thinking: { type: 'enabled', budget_tokens: budget }, effort: undefined, maxTokens };
}

/** Not where a call is demanded, nor in the middle of a turn whose thoughts are not at hand: the API refuses both. */
function mayThink({ messages, toolChoice }: Turn): boolean {
  if (toolChoice === 'required' || typeof toolChoice === 'object') return false;
  if (messages.at(-1)?.role !== 'tool') return true;
  const last = messages.findLast((message) => message.role === 'assistant');
  return last?.role === 'assistant' && (last.reasoning?.length ?? 0) > 0;
}

const ephemeral = { cache_control: { type: 'ephemeral' } };

function systemOf(system: string, cached: boolean | undefined): unknown {
  if (system === '') return undefined;
  return cached ? [{ type: 'text', text: system, ...ephemeral }] : system;
}

interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: object[];
}

/** Everything up to the end of the last message is to be remembered. */
function markForCache(messages: readonly WireMessage[]): void {
  const content = messages.at(-1)?.content;
  const last = content?.at(-1);
  if (content && last) content[content.length - 1] = { ...last, ...ephemeral };
}

function wireTool({ name, description, parameters, strict }: FunctionTool, strictMode = false): object {
  const input_schema = parameters && 'type' in parameters ? parameters : { ...noParameters, ...parameters };
  return present({ name, description, input_schema, strict: strictMode && strict ? true : undefined });
}

function wireChoice({ tools, toolChoice }: Turn, parallel: boolean | undefined): object | undefined {
  if (tools.length === 0) return undefined;
  const choice = toolChoice ?? (parallel === false ? 'auto' : undefined);
  if (choice === undefined) return undefined;
  const wired = choiceForm(choice);
  return parallel === false && choice !== 'none' ? { ...wired, disable_parallel_tool_use: true } : wired;
}

function choiceForm(choice: ToolChoice): object {
  if (typeof choice === 'object') return { type: 'tool', name: choice.name };
  return { type: choice === 'required' ? 'any' : choice };
}

/** What tools gave for one message goes back in one message. */
function wireMessages({ messages }: Turn, to: Candidate): WireMessage[] {
  const wired: WireMessage[] = [];
  let results: object[] | undefined;
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!results) wired.push({ role: 'user', content: (results = []) });
      results.push(toolResult(message));
      continue;
    }
    results = undefined;
    const content =
      message.role === 'user' ? userContent(message.text, message.images) : assistantContent(message, to);
    // A message without content is refused.
    if (content.length > 0) wired.push({ role: message.role, content });
  }
  return wired;
}

function toolResult(message: Extract<TurnMessage, { role: 'tool' }>): object {
  const { toolCallId, text, isError } = message;
  return present({
    type: 'tool_result',
    tool_use_id: callId(toolCallId),
    content: text,
    is_error: isError || undefined,
  });
}

function userContent(text: string, images: readonly TurnImage[] = []): object[] {
  return [
    ...images.map(({ mimeType, data }) => ({
      type: 'image',
      source: { type: 'base64', media_type: mimeType, data },
    })),
    ...(text === '' ? [] : [{ type: 'text', text }]),
  ];
}

function assistantContent(message: Extract<TurnMessage, { role: 'assistant' }>, to: Candidate): object[] {
  return [
    ...ownReasoning(message, to),
    ...(message.text.trim() === '' ? [] : [{ type: 'text', text: message.text }]),
    ...message.toolCalls.map((call) => ({
      type: 'tool_use',
      id: callId(call.id),
      name: call.name,
      input: argumentsObject(call.arguments),
    })),
  ];
}

/** Ids of other providers' calls may have characters that this API does not take. */
function callId(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9_-]/g, '_');
}
