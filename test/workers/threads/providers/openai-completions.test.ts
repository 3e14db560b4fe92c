import { describe, expect, it } from 'vitest';
import { openaiCompletions } from '../../../../src/workers/threads/providers/openai-completions.js';
import { noUsage } from '../../../../src/shared/usage.js';
import type { Candidate } from '../../../../src/workers/threads/model-selection.js';
import type { Turn, TurnEvent, TurnResult } from '../../../../src/workers/threads/turn.js';
import { candidate, credential } from '../../../support/routes.js';

const to = candidate({}, { headers: { 'x-extra': '1' } });
const key = credential();
const turn: Turn = {
  system: '',
  messages: [{ role: 'user', text: 'Hi' }],
  tools: [],
  toolChoice: undefined,
  sampling: {},
};

function body(of: Partial<Turn>, stream = false, model: Candidate = to): unknown {
  return JSON.parse(openaiCompletions.request({ ...turn, ...of }, model, key, stream).body);
}

function readWhole(answer: unknown): TurnResult {
  return openaiCompletions.readAnswer(answer, to);
}

interface Read {
  readonly events: TurnEvent[];
  readonly complete: boolean;
  readonly ended: boolean;
}

function read(...data: readonly (object | string)[]): Read {
  const reader = openaiCompletions.openStream(to);
  const events = data.flatMap((one) => reader.read(typeof one === 'string' ? one : JSON.stringify(one)));
  return { events, complete: reader.complete, ended: reader.ended };
}

const delta = (value: object, finish: string | null = null) => ({
  choices: [{ delta: value, finish_reason: finish }],
});

describe('a request', () => {
  it('has path, key, headers, model and messages', () => {
    const request = openaiCompletions.request(turn, to, key, false);
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
    const { headers, body: text } = openaiCompletions.request(turn, to, key, true);
    expect(headers.accept).toBe('text/event-stream');
    expect(JSON.parse(text)).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it.each([
    ['without a key', candidate(), credential(null)],
    ['with authHeader off', candidate({}, { authHeader: false }), credential()],
  ])('%s has no Authorization', (_what, other, secret) => {
    expect(openaiCompletions.request(turn, other, secret, false).headers).not.toHaveProperty('authorization');
  });

  it('may have its Authorization from the configured headers', () => {
    const other = candidate({}, { headers: { authorization: 'Basic abc' } });
    expect(openaiCompletions.request(turn, other, credential(), false).headers.authorization).toBe(
      'Basic abc',
    );
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
      readWhole({
        choices: [{ message, finish_reason: 'length' }],
        usage: { prompt_tokens: 1, completion_tokens: 2 },
      }),
    ).toEqual({
      text: 'Hello',
      toolCalls: [],
      finish: 'length',
      usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
    });
  });

  it('may lack usage, finish and ids, and may have null where nothing is', () => {
    const calls = [{ function: { name: 'f' } }, { id: 'b', function: { name: 'g', arguments: '{}' } }];
    expect(readWhole({ choices: [{ message: { content: null, tool_calls: calls } }] })).toEqual({
      text: '',
      toolCalls: [
        { id: expect.stringMatching(/^call_[0-9a-f]{24}$/), name: 'f', arguments: '' },
        { id: 'b', name: 'g', arguments: '{}' },
      ],
      finish: 'tool_calls',
      usage: noUsage,
    });
    expect(readWhole({ choices: [{ message: { tool_calls: null } }], usage: null })).toMatchObject({
      text: '',
      toolCalls: [],
      finish: 'stop',
    });
  });

  it.each([-1, 1.5, '7', null, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300, true, { n: 3 }])(
    'counts no tokens where the provider says %j, whole or in a stream',
    (count) => {
      const usage = { prompt_tokens: count, completion_tokens: count };
      const counted = noUsage;
      expect(readWhole({ choices: [{ message: {} }], usage }).usage).toEqual(counted);
      const reader = openaiCompletions.openStream(to);
      reader.read(JSON.stringify(delta({}, 'stop')));
      expect(reader.read(JSON.stringify({ usage }))).toEqual([{ type: 'usage', usage: counted }]);
    },
  );

  it.each([null, {}, { choices: [] }, { choices: [{}] }, 'text', []])('%j is not one', (answer) => {
    expect(() => readWhole(answer)).toThrow('choices[0].message');
  });
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
      { type: 'usage', usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 } },
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
      events: [{ type: 'finish', reason: 'stop' }],
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
      'the provider reported an error in its answer',
    );
  });
});
