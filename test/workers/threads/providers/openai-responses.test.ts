import { describe, expect, it } from 'vitest';
import type { ModelFacts } from '../../../../src/shared/routes.js';
import { openaiResponses } from '../../../../src/workers/threads/providers/openai-responses.js';
import type { Turn, TurnEvent } from '../../../../src/workers/threads/turn.js';
import { candidate, credential } from '../../../support/routes.js';

const turn: Turn = {
  system: '',
  messages: [{ role: 'user', text: 'Hi' }],
  tools: [],
  toolChoice: undefined,
  sampling: {},
};
const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'xyz' };

function body(of: Partial<Turn>, facts: ModelFacts = {}): Record<string, unknown> {
  return JSON.parse(openaiResponses.request({ ...turn, ...of }, candidate(facts), credential(), false).body);
}

function read(...data: readonly object[]): TurnEvent[] {
  const reader = openaiResponses.openStream(candidate());
  return data.flatMap((one) => reader.read(JSON.stringify(one)));
}

describe('a request', () => {
  it('keeps nothing at the provider', () => {
    const { path, headers } = openaiResponses.request(turn, candidate(), credential('k'), true);
    expect([path, headers.authorization, headers.accept]).toEqual([
      '/responses',
      'Bearer k',
      'text/event-stream',
    ]);
    expect(body({})).toEqual({ model: 'm-1', input: [{ role: 'user', content: 'Hi' }], store: false });
  });

  it('renders every kind of message', () => {
    const messages: Turn['messages'] = [
      { role: 'user', text: 'a', images: [{ mimeType: 'image/png', data: 'AAAA' }] },
      {
        role: 'assistant',
        text: 'b',
        toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }],
        reasoning: [{ madeBy: 'mock/m-1', item: thought }],
      },
      { role: 'tool', toolCallId: 'c', text: 'done' },
    ];
    expect(body({ messages, system: 'Be brief.' })).toMatchObject({
      instructions: 'Be brief.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'a' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
          ],
        },
        thought,
        { role: 'assistant', content: 'b' },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'done' },
      ],
    });
  });

  it('has tools, options, effort and structured output in its own form', () => {
    const schema = { type: 'object' };
    const sampling = {
      max_tokens: 9,
      temperature: 0.1,
      seed: 1,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } },
    };
    const wired = body({ sampling, tools: [{ name: 'f' }], toolChoice: { name: 'f' } });
    expect(wired).toMatchObject({
      max_output_tokens: 9,
      temperature: 0.1,
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false }],
      tool_choice: { type: 'function', name: 'f' },
      reasoning: { effort: 'low' },
      include: ['reasoning.encrypted_content'],
      text: { format: { type: 'json_schema', name: 'n', schema, strict: true } },
    });
    expect(wired).not.toHaveProperty('seed');
  });
});

describe('a whole answer', () => {
  const output = [
    { ...thought, summary: [{ type: 'summary_text', text: 'hm' }] },
    { type: 'message', content: [{ type: 'output_text', text: 'Hello' }] },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
  ];

  it('becomes a result, in which what came from the cache is no input', () => {
    const usage = {
      input_tokens: 10,
      output_tokens: 7,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens_details: { reasoning_tokens: 5 },
    };
    expect(openaiResponses.readAnswer({ status: 'completed', output, usage }, candidate())).toEqual({
      text: 'Hello',
      toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }],
      finish: 'tool_calls',
      usage: { input: 6, output: 7, cacheRead: 4, cacheWrite: 0, reasoning: 5 },
      thinking: 'hm',
      reasoning: [{ madeBy: 'mock/m-1', item: output[0] }],
    });
  });

  it('that is incomplete finishes for its length', () => {
    const answer = { status: 'incomplete', output: [], incomplete_details: { reason: 'max_output_tokens' } };
    expect(openaiResponses.readAnswer(answer, candidate()).finish).toBe('length');
  });

  it('that failed is an error', () => {
    const answer = { status: 'failed', output: [], error: { code: 'server_error', message: 'no' } };
    expect(() => openaiResponses.readAnswer(answer, candidate())).toThrow('reported an error');
  });
});

it('a stream becomes events', () => {
  const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '' };
  expect(
    read(
      { type: 'response.created', response: {} },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning' } },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'hm' },
      { type: 'response.output_item.done', output_index: 0, item: thought },
      { type: 'response.output_item.added', output_index: 1, item: { type: 'message' } },
      { type: 'response.output_text.delta', output_index: 1, delta: 'Hi' },
      { type: 'response.output_item.added', output_index: 2, item: call },
      { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{}' },
      { type: 'response.output_item.done', output_index: 2, item: { ...call, arguments: '{}' } },
      { type: 'response.completed', response: { status: 'completed', usage: { input_tokens: 3 } } },
    ),
  ).toEqual([
    { type: 'thinking', text: 'hm' },
    { type: 'reasoning', item: { madeBy: 'mock/m-1', item: thought } },
    { type: 'text', text: 'Hi' },
    { type: 'tool-call', index: 0, id: 'c', name: 'f', arguments: '' },
    { type: 'tool-call', index: 0, id: undefined, name: undefined, arguments: '{}' },
    { type: 'finish', reason: 'tool_calls' },
    { type: 'usage', usage: { input: 3, output: 0, cacheRead: 0, cacheWrite: 0 } },
  ]);
  expect(() => read({ type: 'error', code: 'rate_limit_exceeded', message: 'slow down' })).toThrow();
});
