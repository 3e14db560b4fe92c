/** OpenAI's chat completion objects, whole and in chunks (http.md §7.2, §7.3). */
import { httpErrors, type HttpErrorName } from '../../../shared/errors/catalogue.js';
import { noUsage } from '../../../shared/usage.js';
import type { StreamEncoder } from '../answer-forms.js';
import type { FinishReason, TurnEvent, TurnResult, Usage } from '../turn.js';

/** What identifies a completion in every object of it. */
export interface CompletionIdentity {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** The name that was asked for. */
  readonly model: string;
}

/** What a client reads when the model said nothing at all. */
export const NOTHING_SAID = 'No response from pllan.';

export function encodeCompletion(identity: CompletionIdentity, result: TurnResult): string {
  const { toolCalls } = result;
  const content = result.text !== '' ? result.text : toolCalls.length > 0 ? null : NOTHING_SAID;
  const message = {
    role: 'assistant',
    content,
    ...(toolCalls.length > 0
      ? {
          tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({
            id,
            type: 'function',
            function: { name, arguments: args },
          })),
        }
      : {}),
  };
  return JSON.stringify({
    id: identity.id,
    object: 'chat.completion',
    created: identity.created,
    model: identity.model,
    choices: [{ index: 0, message, finish_reason: result.finish }],
    usage: wireUsage(result.usage),
  });
}

const ARGUMENT_CHARS = 256;

export function createChunkEncoder(identity: CompletionIdentity, includeUsage: boolean): StreamEncoder {
  const { id, created, model } = identity;
  const prefix = `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)}`;
  const delta = (json: string): string =>
    `${prefix},"choices":[{"index":0,"delta":${json},"finish_reason":null}]}\n\n`;
  let finish: FinishReason = 'stop';
  let usage: Usage = noUsage;
  let said = false;
  const calledTools: string[] = [];
  return {
    calledTools,
    open: () => delta('{"role":"assistant"}'),
    event(event) {
      switch (event.type) {
        case 'text':
          said = true;
          return delta(`{"content":${JSON.stringify(event.text)}}`);
        case 'tool-call':
          said = true;
          if (event.name !== undefined) calledTools.push(event.name);
          return toolCallDeltas(event).map(delta).join('');
        case 'finish':
          finish = event.reason;
          return '';
        case 'usage':
          usage = event.usage;
          return '';
        // OpenAI's API has no field for what its models think.
        case 'thinking':
        case 'reasoning':
          return '';
      }
    },
    close() {
      const silence = said ? '' : delta(`{"content":${JSON.stringify(NOTHING_SAID)}}`);
      const end = `${prefix},"choices":[{"index":0,"delta":{},"finish_reason":"${finish}"}]}\n\n`;
      const usageChunk = includeUsage
        ? `${prefix},"choices":[],"usage":${JSON.stringify(wireUsage(usage))}}\n\n`
        : '';
      return silence + end + usageChunk + DONE;
    },
  };
}

export const DONE = 'data: [DONE]\n\n';

/** After the head is out an error can only be told in the stream; `code` says which one it was, where that says more. */
export function encodeStreamError(kind: HttpErrorName): string {
  const { message, type } = httpErrors.internal;
  const code = kind === 'internal' ? {} : { code: kind };
  return `data: ${JSON.stringify({ error: { message, type, ...code } })}\n\n${DONE}`;
}

function toolCallDeltas(event: Extract<TurnEvent, { type: 'tool-call' }>): string[] {
  const deltas: string[] = [];
  if (event.id !== undefined || event.name !== undefined) {
    const call = {
      index: event.index,
      id: event.id,
      type: 'function',
      function: { name: event.name, arguments: '' },
    };
    deltas.push(JSON.stringify({ tool_calls: [call] }));
  }
  for (let at = 0; at < event.arguments.length; at += ARGUMENT_CHARS) {
    const fragment = event.arguments.slice(at, at + ARGUMENT_CHARS);
    deltas.push(JSON.stringify({ tool_calls: [{ index: event.index, function: { arguments: fragment } }] }));
  }
  return deltas;
}

/** OpenAI counts what comes from the cache as part of the prompt. */
function wireUsage({ input, output, cacheRead, cacheWrite, reasoning }: Usage): object {
  const prompt = input + cacheRead + cacheWrite;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    ...(cacheRead === 0 ? undefined : { prompt_tokens_details: { cached_tokens: cacheRead } }),
    ...(reasoning ? { completion_tokens_details: { reasoning_tokens: reasoning } } : undefined),
  };
}
