/** The same answers in the words of each API, as a provider sends them. */
import type { ProviderCall } from './mock-provider.js';

export interface Said {
  readonly text: string;
  readonly call?: { readonly id: string; readonly name: string; readonly arguments: string };
  /** What the model lets others read of its reasoning, and what it wants back of it. */
  readonly thought?: { readonly text: string; readonly signed: string };
}

export type ErrorKind = 'overload' | 'limit';

export interface Dialect {
  readonly api: 'openai-completions' | 'openai-responses' | 'anthropic-messages';
  readonly path: string;
  /** 10 tokens read and 4 of them from the cache, 5 written. */
  whole(said: Said): object;
  /** The same as events. */
  events(said: Said): readonly object[];
  /** An event that says that the provider has too much to do, or limits its caller. */
  error(kind: ErrorKind): object;
  /** The same as a whole answer. */
  wholeError(kind: ErrorKind): object;
}

const completions: Dialect = {
  api: 'openai-completions',
  path: '/v1/chat/completions',
  whole: ({ text, call, thought }) => ({
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text,
          ...(thought && { reasoning_content: thought.text }),
          ...(call && { tool_calls: [completionsCall(call)] }),
        },
        finish_reason: call ? 'tool_calls' : 'stop',
      },
    ],
    usage: completionsUsage,
  }),
  events: ({ text, call, thought }) => [
    choice({ role: 'assistant', content: '' }),
    ...(thought ? [choice({ reasoning_content: thought.text })] : []),
    ...Array.from(text).map((content) => choice({ content })),
    ...(call
      ? [
          choice({ tool_calls: [{ index: 0, ...completionsCall({ ...call, arguments: '' }) }] }),
          choice({ tool_calls: [{ index: 0, function: { arguments: call.arguments } }] }),
        ]
      : []),
    choice({}, call ? 'tool_calls' : 'stop'),
    { object: 'chat.completion.chunk', choices: [], usage: completionsUsage },
  ],
  error: (kind) => completions.wholeError(kind),
  wholeError: (kind) => ({
    error: {
      type: kind === 'limit' ? 'rate_limit_error' : 'overloaded_error',
      message: 'told by the provider',
    },
  }),
};

const completionsUsage = {
  prompt_tokens: 10,
  completion_tokens: 5,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 4 },
};

function completionsCall({ id, name, arguments: args }: NonNullable<Said['call']>): object {
  return { id, type: 'function', function: { name, arguments: args } };
}

function choice(delta: object, finish: string | null = null): object {
  return { object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] };
}

const responses: Dialect = {
  api: 'openai-responses',
  path: '/v1/responses',
  whole: ({ text, call, thought }) => ({
    object: 'response',
    status: 'completed',
    output: [
      ...(thought ? [responsesThought(thought)] : []),
      ...(text === ''
        ? []
        : [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }]),
      ...(call ? [responsesCall(call)] : []),
    ],
    usage: { input_tokens: 10, output_tokens: 5, input_tokens_details: { cached_tokens: 4 } },
  }),
  events: ({ text, call, thought }) => [
    { type: 'response.created', response: { status: 'in_progress' } },
    ...(thought
      ? [
          { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: thought.text },
          { type: 'response.output_item.done', output_index: 0, item: responsesThought(thought) },
        ]
      : []),
    { type: 'response.output_item.added', output_index: 1, item: { type: 'message' } },
    ...Array.from(text).map((delta) => ({ type: 'response.output_text.delta', output_index: 1, delta })),
    ...(call
      ? [
          {
            type: 'response.output_item.added',
            output_index: 2,
            item: { ...responsesCall(call), arguments: '' },
          },
          { type: 'response.function_call_arguments.delta', output_index: 2, delta: call.arguments },
          { type: 'response.output_item.done', output_index: 2, item: responsesCall(call) },
        ]
      : []),
    { type: 'response.completed', response: responses.whole({ text, ...(call && { call }) }) },
  ],
  error: (kind) => ({ type: 'response.failed', response: responses.wholeError(kind) }),
  wholeError: (kind) => ({
    status: 'failed',
    error: {
      code: kind === 'limit' ? 'rate_limit_exceeded' : 'server_error',
      message: 'told by the provider',
    },
  }),
};

function responsesCall({ id, name, arguments: args }: NonNullable<Said['call']>): object {
  return { type: 'function_call', id: `fc_${id}`, call_id: id, name, arguments: args };
}

function responsesThought({ text, signed }: NonNullable<Said['thought']>): object {
  return {
    type: 'reasoning',
    id: 'rs_1',
    summary: [{ type: 'summary_text', text }],
    encrypted_content: signed,
  };
}

const messages: Dialect = {
  api: 'anthropic-messages',
  path: '/v1/messages',
  whole: ({ text, call, thought }) => ({
    type: 'message',
    role: 'assistant',
    content: [
      ...(thought ? [{ type: 'thinking', thinking: thought.text, signature: thought.signed }] : []),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...(call
        ? [{ type: 'tool_use', id: call.id, name: call.name, input: JSON.parse(call.arguments) as object }]
        : []),
    ],
    stop_reason: call ? 'tool_use' : 'end_turn',
    usage: { input_tokens: 6, output_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 0 },
  }),
  events: ({ text, call, thought }) => [
    {
      type: 'message_start',
      message: { usage: { input_tokens: 6, output_tokens: 1, cache_read_input_tokens: 4 } },
    },
    ...(thought
      ? block(0, { type: 'thinking', thinking: '', signature: '' }, [
          { type: 'thinking_delta', thinking: thought.text },
          { type: 'signature_delta', signature: thought.signed },
        ])
      : []),
    { type: 'ping' },
    ...block(
      1,
      { type: 'text', text: '' },
      Array.from(text).map((one) => ({ type: 'text_delta', text: one })),
    ),
    ...(call
      ? block(2, { type: 'tool_use', id: call.id, name: call.name, input: {} }, [
          { type: 'input_json_delta', partial_json: call.arguments },
        ])
      : []),
    {
      type: 'message_delta',
      delta: { stop_reason: call ? 'tool_use' : 'end_turn' },
      usage: { output_tokens: 5 },
    },
    { type: 'message_stop' },
  ],
  error: (kind) => messages.wholeError(kind),
  wholeError: (kind) => ({
    type: 'error',
    error: {
      type: kind === 'limit' ? 'rate_limit_error' : 'overloaded_error',
      message: 'told by the provider',
    },
  }),
};

function block(index: number, content_block: object, deltas: readonly object[]): object[] {
  return [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

export const dialects: readonly Dialect[] = [completions, responses, messages];

/** Says it whole or as a stream, as it is asked. */
export function answerIn(dialect: Dialect, said: Said): (call: ProviderCall) => void {
  return ({ body, response }) => {
    if (body.stream === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(dialect.events(said).map(sse).join(''));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(dialect.whole(said)));
  };
}

/** With the type as the event's name, where it has one, as these APIs do. */
export function sse(event: object): string {
  const { type } = event as { readonly type?: string };
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`;
}
