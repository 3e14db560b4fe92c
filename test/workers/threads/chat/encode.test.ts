import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createChunkEncoder,
  encodeCompletion,
  encodeStreamError,
} from '../../../../src/workers/threads/chat/encode.js';
import type { TurnEvent, TurnResult } from '../../../../src/workers/threads/turn.js';
import { anyCharacter } from '../../../support/any-character.js';

const identity = { id: 'chatcmpl_1', created: 1_760_000_000, model: 'pllan/main "quoted"' };
const usage = { input: 3, output: 2, cacheRead: 0, cacheWrite: 0 };
const call = { id: 'call_a', name: 'weather', arguments: '{"city":"Bern"}' };

function completion(result: Partial<TurnResult>): Record<string, unknown> {
  const whole = { text: '', toolCalls: [], finish: 'stop', usage, ...result } as const;
  return JSON.parse(encodeCompletion(identity, whole)) as Record<string, unknown>;
}

/** The objects of a stream; fails when the text is not made of whole events. */
function objects(text: string): Record<string, unknown>[] {
  const events = text.split('\n\n');
  expect(events.pop()).toBe('');
  return events
    .filter((event) => event !== 'data: [DONE]')
    .map((event) => JSON.parse(event.replace(/^data: /, '')) as Record<string, unknown>);
}

function stream(events: readonly TurnEvent[], includeUsage = false): string {
  const encoder = createChunkEncoder(identity, includeUsage);
  return encoder.open() + events.map((event) => encoder.event(event)).join('') + encoder.close();
}

function deltas(text: string): unknown[] {
  return objects(text).flatMap((object) =>
    (object.choices as { delta: unknown }[]).map(({ delta }) => delta),
  );
}

describe('a whole completion', () => {
  it('has the object of http.md §7.2', () => {
    expect(completion({ text: 'Hi' })).toEqual({
      id: 'chatcmpl_1',
      object: 'chat.completion',
      created: 1_760_000_000,
      model: 'pllan/main "quoted"',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it('says so when nothing was said, unless a tool was called', () => {
    expect(completion({})).toMatchObject({ choices: [{ message: { content: 'No response from pllan.' } }] });
    expect(completion({ toolCalls: [call], finish: 'tool_calls' })).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            tool_calls: [
              { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
            ],
          },
        },
      ],
    });
  });

  it('keeps text beside a tool call', () => {
    expect(completion({ text: 'Let me look', toolCalls: [call] })).toMatchObject({
      choices: [{ message: { content: 'Let me look' } }],
    });
  });
});

describe('a stream', () => {
  it('opens with the role, ends with the finish, [DONE] once and last', () => {
    const text = stream([
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      { type: 'finish', reason: 'length' },
      { type: 'usage', usage },
    ]);
    expect(deltas(text)).toEqual([{ role: 'assistant' }, { content: 'Hel' }, { content: 'lo' }, {}]);
    expect(objects(text).at(-1)).toEqual({
      id: 'chatcmpl_1',
      object: 'chat.completion.chunk',
      created: 1_760_000_000,
      model: 'pllan/main "quoted"',
      choices: [{ index: 0, delta: {}, finish_reason: 'length' }],
    });
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('has usage after the finish when it was asked for', () => {
    const last = objects(
      stream(
        [
          { type: 'text', text: 'x' },
          { type: 'usage', usage },
        ],
        true,
      ),
    ).at(-1);
    expect(last).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it('in which nothing was said says so', () => {
    expect(deltas(stream([]))).toEqual([{ role: 'assistant' }, { content: 'No response from pllan.' }, {}]);
  });

  it('holds any text in one event, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: anyCharacter, minLength: 1 })), (texts) => {
        const said = deltas(stream(texts.map((text) => ({ type: 'text', text }))));
        const contents = said.flatMap((delta) => (delta as { content?: string }).content ?? []);
        expect(texts.length === 0 || contents.join('') === texts.join('')).toBe(true);
      }),
    );
  });

  it('cuts arguments into fragments of at most 256 characters and loses none', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), (args) => {
        const event = {
          type: 'tool-call',
          index: 1,
          id: 'call_a',
          name: 'weather',
          arguments: args,
        } as const;
        const calls = deltas(stream([event])).flatMap(
          (delta) =>
            (delta as { tool_calls?: { index: number; id?: string; function: { arguments: string } }[] })
              .tool_calls ?? [],
        );
        expect(calls[0]).toEqual({
          index: 1,
          id: 'call_a',
          type: 'function',
          function: { name: 'weather', arguments: '' },
        });
        expect(calls.every(({ function: made }) => made.arguments.length <= 256)).toBe(true);
        expect(calls.map(({ function: made }) => made.arguments).join('')).toBe(args);
      }),
    );
  });

  it('knows which tools were called', () => {
    const encoder = createChunkEncoder(identity, false);
    encoder.event({ type: 'tool-call', index: 0, id: 'a', name: 'one', arguments: '' });
    encoder.event({ type: 'tool-call', index: 0, id: undefined, name: undefined, arguments: '{}' });
    expect(encoder.calledTools).toEqual(['one']);
  });

  it('that fails ends with the error and [DONE]', () => {
    expect(encodeStreamError('upstreamTimeout')).toBe(
      'data: {"error":{"message":"internal error","type":"api_error","code":"upstreamTimeout"}}\n\ndata: [DONE]\n\n',
    );
  });
});
