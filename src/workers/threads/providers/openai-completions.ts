/** OpenAI's chat completions API, and the many servers that speak it. */
import type { ModelCompat } from '../../../shared/routes.js';
import type { Candidate } from '../model-selection.js';
import type { FunctionTool, ToolChoice, Turn, TurnImage, TurnMessage } from '../turn.js';
import type { HttpAdapter } from './adapter.js';
import { openCompletionStream, readCompletion } from './openai-completion.js';
import { ownReasoning } from './reading.js';
import { bearer, createRequestHeaders } from './request-headers.js';

const headersFor = createRequestHeaders(bearer);

export const openaiCompletions: HttpAdapter = {
  kind: 'http',
  request: (turn, to, credential, stream) => ({
    path: '/chat/completions',
    headers: headersFor(to.provider, credential, stream),
    body: JSON.stringify({
      ...sampling(turn, to.facts.compat),
      model: to.model,
      messages: wireMessages(turn, to),
      ...(turn.tools.length > 0 ? { tools: wireTools(turn.tools, to.facts.compat) } : {}),
      ...(turn.toolChoice === undefined ? {} : { tool_choice: wireChoice(turn.toolChoice) }),
      ...(stream ? (to.facts.compat?.supportsUsageInStreaming === false ? streamed : counted) : {}),
    }),
  }),
  readAnswer: readCompletion,
  openStream: openCompletionStream,
};

const streamed = { stream: true };
const counted = { stream: true, stream_options: { include_usage: true } };

function sampling(turn: Turn, compat: ModelCompat | undefined): Turn['sampling'] {
  if (!compat) return turn.sampling;
  const {
    max_tokens: older,
    max_completion_tokens: newer,
    reasoning_effort: effort,
    ...rest
  } = turn.sampling;
  const most = newer ?? older;
  const field = compat.maxTokensField ?? (newer === undefined ? 'max_tokens' : 'max_completion_tokens');
  return {
    ...rest,
    ...(most === undefined ? {} : { [field]: most }),
    ...(effort === undefined || compat.supportsReasoningEffort === false ? {} : { reasoning_effort: effort }),
  };
}

function wireTools(tools: readonly FunctionTool[], compat: ModelCompat | undefined): unknown[] {
  return tools.map(({ name, description, parameters, strict }) => ({
    type: 'function',
    // What is undefined is left out.
    function: {
      name,
      description,
      parameters,
      strict: compat?.supportsStrictMode === false ? undefined : strict,
    },
  }));
}

function wireChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

function wireMessages(turn: Turn, to: Candidate): unknown[] {
  const messages: unknown[] = turn.system === '' ? [] : [{ role: 'system', content: turn.system }];
  for (const message of turn.messages) messages.push(wireMessage(message, to));
  return messages;
}

function wireMessage(message: TurnMessage, to: Candidate): unknown {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: userContent(message.text, message.images) };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.text };
    case 'assistant':
      if (message.toolCalls.length === 0) return { role: 'assistant', content: message.text };
      return {
        role: 'assistant',
        content: message.text === '' && !to.facts.compat?.requiresStringContent ? null : message.text,
        ...Object.assign({}, ...ownReasoning(message, to)),
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
