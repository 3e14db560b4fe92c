import { describe, expect, it } from 'vitest';
import type { ModelFacts } from '../../../../src/shared/routes.js';
import { anthropicMessages } from '../../../../src/workers/threads/providers/anthropic-messages.js';
import type { ReasoningItem, Turn, TurnEvent } from '../../../../src/workers/threads/turn.js';
import { candidate, credential } from '../../../support/routes.js';

const turn: Turn = {
  system: '',
  messages: [{ role: 'user', text: 'Hi' }],
  tools: [],
  toolChoice: undefined,
  sampling: {},
};
const tool = { name: 'f', description: 'does f', parameters: { type: 'object', properties: {} } };
const thought: ReasoningItem = {
  madeBy: 'mock/m-1',
  item: { type: 'thinking', thinking: 'hm', signature: 's' },
};

function body(of: Partial<Turn>, facts: ModelFacts = {}): Record<string, unknown> {
  const to = candidate(facts, { baseUrl: 'http://127.0.0.1:1' });
  return JSON.parse(anthropicMessages.request({ ...turn, ...of }, to, credential(), false).body);
}

function read(...data: readonly object[]): TurnEvent[] {
  const reader = anthropicMessages.openStream(candidate());
  return data.flatMap((one) => reader.read(JSON.stringify(one)));
}

describe('a request', () => {
  it('has its version, its key, the model and what it may write', () => {
    const to = candidate({}, { baseUrl: 'http://127.0.0.1:1' });
    const { path, headers } = anthropicMessages.request(turn, to, credential('k'), true);
    expect(path).toBe('/v1/messages');
    expect(headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'k' });
    expect(headers).not.toHaveProperty('authorization');
    expect(body({})).toEqual({
      model: 'm-1',
      max_tokens: 8_192,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    });
    expect(body({}, { maxTokens: 64 })).toMatchObject({ max_tokens: 64 });
    expect(body({ sampling: { max_tokens: 7 } }, { maxTokens: 64 })).toMatchObject({ max_tokens: 7 });
  });

  it('sends a token as a bearer, and knows a base URL that has the version', () => {
    const { path, headers } = anthropicMessages.request(
      turn,
      candidate(),
      credential('t', { kind: 'token' }),
      false,
    );
    expect(path).toBe('/messages');
    expect(headers).toMatchObject({ authorization: 'Bearer t' });
    expect(headers).not.toHaveProperty('x-api-key');
  });

  it('puts the results of one message together, and takes ids that others made', () => {
    const toolCalls = [
      { id: 'functions.f:0', name: 'f', arguments: '{"a":1}' },
      { id: 'b', name: 'f', arguments: 'cut o' },
    ];
    const messages: Turn['messages'] = [
      { role: 'user', text: 'Hi', images: [{ mimeType: 'image/png', data: 'AAAA' }] },
      { role: 'assistant', text: ' ', toolCalls, reasoning: [thought, { ...thought, madeBy: 'other/m' }] },
      { role: 'tool', toolCallId: 'functions.f:0', text: 'one' },
      { role: 'tool', toolCallId: 'b', text: 'two', isError: true },
    ];
    expect(body({ messages, system: 'Be brief.' })).toMatchObject({
      system: 'Be brief.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            { type: 'text', text: 'Hi' },
          ],
        },
        {
          role: 'assistant',
          content: [
            thought.item,
            { type: 'tool_use', id: 'functions_f_0', name: 'f', input: { a: 1 } },
            { type: 'tool_use', id: 'b', name: 'f', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'functions_f_0', content: 'one' },
            { type: 'tool_result', tool_use_id: 'b', content: 'two', is_error: true },
          ],
        },
      ],
    });
  });

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [{ name: 'f' }, { type: 'tool', name: 'f' }],
  ] as const)('with tools says choice %j', (toolChoice, choice) => {
    const wired = body({ tools: [tool], toolChoice });
    expect(wired.tool_choice).toEqual(choice);
    expect(wired.tools).toEqual([{ name: 'f', description: 'does f', input_schema: tool.parameters }]);
  });

  it('turns effort into a budget that leaves room for the answer, and drops what does not go with it', () => {
    const sampling = { reasoning_effort: 'high', temperature: 0.5, top_p: 0.5 };
    expect(body({ sampling }, { maxTokens: 32_000 })).toMatchObject({
      max_tokens: 32_000,
      thinking: { type: 'enabled', budget_tokens: 16_384 },
    });
    expect(body({ sampling }, { maxTokens: 32_000 })).not.toHaveProperty('temperature');
    expect(body({ sampling }, { maxTokens: 4_096 }).thinking).toMatchObject({ budget_tokens: 3_072 });
    expect(body({ sampling }, { maxTokens: 1_500 })).not.toHaveProperty('thinking');
    expect(body({ sampling }, { reasoning: false })).not.toHaveProperty('thinking');
    expect(body({ sampling }, { compat: { thinkingFormat: 'adaptive' } })).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    });
  });

  it('does not think where a call is demanded, or where thoughts of the turn are missing', () => {
    const sampling = { reasoning_effort: 'low' };
    expect(body({ sampling, tools: [tool], toolChoice: 'required' })).not.toHaveProperty('thinking');
    const called = {
      role: 'assistant',
      text: '',
      toolCalls: [{ id: 'a', name: 'f', arguments: '{}' }],
    } as const;
    const answered = { role: 'tool', toolCallId: 'a', text: 'x' } as const;
    const before = turn.messages;
    expect(body({ sampling, messages: [...before, called, answered] })).not.toHaveProperty('thinking');
    const thinking = { ...called, reasoning: [thought] };
    expect(body({ sampling, messages: [...before, thinking, answered] })).toHaveProperty('thinking');
  });

  it('maps the other options it has, and leaves out what it has not', () => {
    const schema = { type: 'object' };
    const sampling = {
      temperature: 1.7,
      stop: 'x',
      seed: 1,
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
    };
    expect(body({ sampling, tools: [tool] })).toMatchObject({
      temperature: 1,
      stop_sequences: ['x'],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      output_config: { format: { type: 'json_schema', schema } },
    });
    expect(body({ sampling })).not.toHaveProperty('seed');
  });
});

describe('a whole answer', () => {
  it('becomes a result', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'text', text: 'Hello' },
      { type: 'tool_use', id: 'a', name: 'f', input: { a: 1 } },
    ];
    const usage = {
      input_tokens: 1,
      output_tokens: 2,
      cache_read_input_tokens: 3,
      cache_creation_input_tokens: 4,
    };
    expect(anthropicMessages.readAnswer({ content, stop_reason: 'tool_use', usage }, candidate())).toEqual({
      text: 'Hello',
      toolCalls: [{ id: 'a', name: 'f', arguments: '{"a":1}' }],
      finish: 'tool_calls',
      usage: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 },
      thinking: 'hm',
      reasoning: [thought],
    });
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['refusal', 'content_filter'],
  ])('that stops for %s finishes with %s', (stop_reason, finish) => {
    expect(anthropicMessages.readAnswer({ content: [], stop_reason }, candidate()).finish).toBe(finish);
  });
});

describe('a stream', () => {
  it('becomes events, of which none comes before the model has said something', () => {
    expect(
      read(
        { type: 'message_start', message: { usage: { input_tokens: 5, cache_read_input_tokens: 2 } } },
        { type: 'ping' },
        { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      ),
    ).toEqual([]);
    expect(
      read(
        { type: 'message_start', message: { usage: { input_tokens: 5, cache_read_input_tokens: 2 } } },
        { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 's' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hi' } },
        { type: 'content_block_stop', index: 1 },
        {
          type: 'content_block_start',
          index: 2,
          content_block: { type: 'tool_use', id: 'a', name: 'f', input: {} },
        },
        { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
        { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '1}' } },
        { type: 'content_block_stop', index: 2 },
        {
          type: 'content_block_start',
          index: 3,
          content_block: { type: 'tool_use', id: 'b', name: 'g', input: {} },
        },
        { type: 'content_block_stop', index: 3 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
        { type: 'message_stop' },
      ),
    ).toEqual([
      { type: 'thinking', text: 'hm' },
      { type: 'reasoning', item: thought },
      { type: 'text', text: 'Hi' },
      { type: 'tool-call', index: 0, id: 'a', name: 'f', arguments: '' },
      { type: 'tool-call', index: 0, id: undefined, name: undefined, arguments: '{"a":' },
      { type: 'tool-call', index: 0, id: undefined, name: undefined, arguments: '1}' },
      { type: 'tool-call', index: 1, id: 'b', name: 'g', arguments: '' },
      { type: 'tool-call', index: 1, id: undefined, name: undefined, arguments: '{}' },
      { type: 'finish', reason: 'tool_calls' },
      { type: 'usage', usage: { input: 5, output: 9, cacheRead: 2, cacheWrite: 0 } },
    ]);
  });

  it.each([
    ['a signature', { type: 'content_block_delta', index: 0, delta: { signature: 's'.repeat(1_000_000) } }],
    ['thoughts', { type: 'content_block_delta', index: 0, delta: { thinking: 't'.repeat(1_000_000) } }],
    ['blocks', { type: 'content_block_start', index: 1, content_block: { data: 'd'.repeat(1_000_000) } }],
  ])('keeps no more than an answer may have: %s', (_what, piece) => {
    const start = { type: 'content_block_start', index: 0, content_block: { type: 'thinking' } };
    expect(() => read(start, ...Array.from({ length: 40 }, () => piece))).toThrow('reasoning larger than');
  });

  it('with an error in it fails', () => {
    expect(() => read({ type: 'error', error: { type: 'overloaded_error' } })).toThrow('reported an error');
  });
});
