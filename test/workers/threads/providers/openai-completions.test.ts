import { describe, expect, it } from 'vitest';
import type { ProviderRoute } from '../../../../src/shared/routes.js';
import { openaiCompletions } from '../../../../src/workers/threads/providers/openai-completions.js';
import type { Turn, TurnEvent } from '../../../../src/workers/threads/turn.js';

const route: ProviderRoute = {
  id: 'mock',
  api: 'openai-completions',
  baseUrl: 'http://127.0.0.1:1/v1',
  apiKey: 'key',
  authHeader: true,
  headers: { 'x-extra': '1' },
  timeouts: { connectMs: 1, firstByteMs: 1, idleMs: 1 },
};
const turn: Turn = {
  system: '',
  messages: [{ role: 'user', text: 'Hi' }],
  tools: [],
  toolChoice: undefined,
  sampling: {},
};

function body(of: Partial<Turn>, stream = false): unknown {
  return JSON.parse(openaiCompletions.request({ ...turn, ...of }, 'm-1', route, stream).body);
}

interface Read {
  readonly events: TurnEvent[];
  readonly complete: boolean;
  readonly ended: boolean;
}

function read(...data: readonly (object | string)[]): Read {
  const reader = openaiCompletions.openStream();
  const events = data.flatMap((one) => reader.read(typeof one === 'string' ? one : JSON.stringify(one)));
  return { events, complete: reader.complete, ended: reader.ended };
}

const delta = (value: object, finish: string | null = null) => ({
  choices: [{ delta: value, finish_reason: finish }],
});

describe('a request', () => {
  it('has path, key, headers, model and messages', () => {
    const request = openaiCompletions.request(turn, 'm-1', route, false);
    expect(request).toMatchObject({
      path: '/chat/completions',
      headers: {
        authorization: 'Bearer key',
        accept: 'application/json',
        'content-type': 'application/json',
        'x-extra': '1',
      },
    });
    expect(JSON.parse(request.body)).toEqual({ model: 'm-1', messages: [{ role: 'user', content: 'Hi' }] });
  });

  it('for a stream says so, and asks for usage', () => {
    const { headers, body: text } = openaiCompletions.request(turn, 'm-1', route, true);
    expect(headers.accept).toBe('text/event-stream');
    expect(JSON.parse(text)).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it.each([
    ['without a key', { ...route, apiKey: null }],
    ['with authHeader off', { ...route, authHeader: false }],
  ])('%s has no Authorization', (_what, other) => {
    expect(openaiCompletions.request(turn, 'm-1', other, false).headers).not.toHaveProperty('authorization');
  });

  it('may have its Authorization from the configured headers', () => {
    const other = { ...route, headers: { authorization: 'Basic abc' } };
    expect(openaiCompletions.request(turn, 'm-1', other, false).headers.authorization).toBe('Basic abc');
  });

  it('cannot be given another model or other messages by sampling fields', () => {
    expect(body({ sampling: { model: 'x', messages: [], seed: 5 } })).toEqual({
      model: 'm-1',
      messages: [{ role: 'user', content: 'Hi' }],
      seed: 5,
    });
  });

  it('puts the system text first and renders every role', () => {
    const toolCalls = [{ id: 'c', name: 'f', arguments: '{}' }];
    expect(
      body({
        system: 'Be brief.',
        messages: [
          { role: 'user', text: 'a' },
          { role: 'assistant', text: 'b', toolCalls: [] },
          { role: 'assistant', text: '', toolCalls },
          { role: 'tool', toolCallId: 'c', text: 'done' },
        ],
      }),
    ).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
      ],
    });
  });
});

describe('a whole answer', () => {
  it('becomes a result', () => {
    const message = { role: 'assistant', content: 'Hello' };
    expect(
      openaiCompletions.readAnswer({
        choices: [{ message, finish_reason: 'length' }],
        usage: { prompt_tokens: 1, completion_tokens: 2 },
      }),
    ).toEqual({ text: 'Hello', toolCalls: [], finish: 'length', usage: { input: 1, output: 2 } });
  });

  it('may lack usage, finish and ids, and may have null where nothing is', () => {
    const calls = [{ function: { name: 'f' } }, { id: 'b', function: { name: 'g', arguments: '{}' } }];
    expect(
      openaiCompletions.readAnswer({ choices: [{ message: { content: null, tool_calls: calls } }] }),
    ).toEqual({
      text: '',
      toolCalls: [
        { id: 'call_0', name: 'f', arguments: '' },
        { id: 'b', name: 'g', arguments: '{}' },
      ],
      finish: 'tool_calls',
      usage: { input: 0, output: 0 },
    });
    expect(
      openaiCompletions.readAnswer({ choices: [{ message: { tool_calls: null } }], usage: null }),
    ).toMatchObject({
      text: '',
      toolCalls: [],
      finish: 'stop',
    });
  });

  it.each([-1, 1.5, '7', null, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300, true, { n: 3 }])(
    'counts no tokens where the provider says %j, whole or in a stream',
    (count) => {
      const usage = { prompt_tokens: count, completion_tokens: count };
      const counted = { input: 0, output: 0 };
      expect(openaiCompletions.readAnswer({ choices: [{ message: {} }], usage }).usage).toEqual(counted);
      const reader = openaiCompletions.openStream();
      expect(reader.read(JSON.stringify({ usage }))).toEqual([{ type: 'usage', usage: counted }]);
    },
  );

  it.each([null, {}, { choices: [] }, { choices: [{}] }, { error: {} }, 'text', []])(
    '%j is not one',
    (answer) => {
      expect(() => openaiCompletions.readAnswer(answer)).toThrow('choices[0].message');
    },
  );
});

describe('a stream', () => {
  it('becomes events', () => {
    expect(
      read(
        delta({ role: 'assistant', content: '' }),
        delta({ content: 'Hi' }),
        delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] }),
        delta({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
        delta({}, 'tool_calls'),
        { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
        '[DONE]',
      ).events,
    ).toEqual([
      { type: 'text', text: 'Hi' },
      { type: 'tool-call', index: 0, id: 'c', name: 'f', arguments: '' },
      { type: 'tool-call', index: 0, id: undefined, name: undefined, arguments: '{}' },
      { type: 'finish', reason: 'tool_calls' },
      { type: 'usage', usage: { input: 1, output: 2 } },
    ]);
  });

  it.each([
    ['after a finish', true, [delta({}, 'stop')]],
    ['after [DONE]', true, ['[DONE]']],
    ['not before', false, [delta({ content: 'x' })]],
    ['not after usage alone', false, [{ choices: [], usage: {} }]],
  ] as const)('is complete %s: %s', (_when, complete, data) => {
    expect(read(...data).complete).toBe(complete);
  });

  it('has ended with [DONE], which usage may come before, and nothing counts after', () => {
    expect(read(delta({}, 'stop'), { choices: [], usage: {} }).ended).toBe(false);
    expect(read('[DONE]', delta({ content: 'x' }), '{oops')).toEqual({
      events: [],
      complete: true,
      ended: true,
    });
  });

  it('may carry text and finish in one piece', () => {
    expect(read(delta({ content: 'all' }, 'stop')).events).toEqual([
      { type: 'text', text: 'all' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it.each(['{oops', '', 'null'])('%j is unreadable', (data) => {
    expect(() => read(data)).toThrow();
  });

  it('with an error in it fails, without its words', () => {
    expect(() => read({ error: { message: 'secret' } })).toThrow(
      'the provider reported an error in the stream',
    );
  });
});

it.each([
  [{ error: { message: 'no' } }, 'no'],
  [{ error: 'no' }, 'no'],
  [{ error: { message: 5 } }, undefined],
  [{ error: null }, undefined],
  [{}, undefined],
  [null, undefined],
  ['text', undefined],
])('the message of %j is %s', (answer, message) => {
  expect(openaiCompletions.errorMessage(answer)).toBe(message);
});
