/** OpenAI's responses API: requests. Nothing is kept there: what the model wants back travels with each request. */
import type { Candidate } from '../model-selection.js';
import type { FunctionTool, ToolChoice, Turn, TurnImage, TurnMessage } from '../turn.js';
import type { HttpAdapter } from './adapter.js';
import { openResponseStream, readResponse } from './openai-response.js';
import { ownReasoning } from './reading.js';
import { bearer, createRequestHeaders } from './request-headers.js';
import { noParameters, present, readOptions, type Options } from './sampling.js';

const headersFor = createRequestHeaders(bearer);

export const openaiResponses: HttpAdapter = {
  kind: 'http',
  request: (turn, to, credential, stream) => ({
    path: '/responses',
    headers: headersFor(to.provider, credential, stream),
    body: JSON.stringify(requestBody(turn, to, stream)),
  }),
  readAnswer: readResponse,
  openStream: openResponseStream,
};

function requestBody(turn: Turn, to: Candidate, stream: boolean): object {
  const options = readOptions(turn);
  const { compat = {}, reasoning } = to.facts;
  const effort = compat.supportsReasoningEffort === false ? undefined : options.effort;
  const summary = compat.supportsReasoningSummary ? 'auto' : undefined;
  return present({
    model: to.model,
    instructions: turn.system === '' ? undefined : turn.system,
    input: turn.messages.flatMap((message) => wireItems(message, to)),
    tools:
      turn.tools.length === 0
        ? undefined
        : turn.tools.map((tool) => wireTool(tool, compat.supportsStrictMode ?? true)),
    tool_choice: turn.toolChoice === undefined ? undefined : wireChoice(turn.toolChoice),
    parallel_tool_calls: turn.tools.length === 0 ? undefined : options.parallelCalls,
    max_output_tokens: options.maxTokens,
    temperature: options.temperature,
    top_p: options.topP,
    reasoning: effort || summary ? present({ effort, summary }) : undefined,
    include: reasoning || effort ? ['reasoning.encrypted_content'] : undefined,
    text: textFormat(options),
    store: false,
    stream: stream || undefined,
  });
}

function textFormat({ schema, jsonObject }: Options): object | undefined {
  if (schema) return { format: { type: 'json_schema', ...schema } };
  return jsonObject ? { format: { type: 'json_object' } } : undefined;
}

/** This API takes a tool for strict unless it is told. */
function wireTool({ name, description, parameters, strict }: FunctionTool, strictMode: boolean): object {
  return present({
    type: 'function',
    name,
    description,
    parameters: parameters ?? noParameters,
    strict: strictMode ? (strict ?? false) : undefined,
  });
}

function wireChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.name };
}

function wireItems(message: TurnMessage, to: Candidate): readonly object[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: userContent(message.text, message.images) }];
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.toolCallId, output: message.text }];
    case 'assistant':
      return [
        ...ownReasoning(message, to),
        ...(message.text === '' ? [] : [{ role: 'assistant', content: message.text }]),
        ...message.toolCalls.map((call) => ({
          type: 'function_call',
          call_id: call.id,
          name: call.name,
          arguments: call.arguments,
        })),
      ];
  }
}

function userContent(text: string, images: readonly TurnImage[] = []): unknown {
  if (images.length === 0) return text;
  return [
    ...(text === '' ? [] : [{ type: 'input_text', text }]),
    ...images.map(({ mimeType, data }) => ({
      type: 'input_image',
      image_url: `data:${mimeType};base64,${data}`,
    })),
  ];
}
