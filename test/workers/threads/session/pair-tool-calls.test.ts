import { expect, it } from 'vitest';
import { pairToolCalls } from '../../../../src/workers/threads/session/pair-tool-calls.js';
import type { TurnMessage } from '../../../../src/workers/threads/turn.js';

const user = (text: string): TurnMessage => ({ role: 'user', text });
const result = (toolCallId: string, text = toolCallId): TurnMessage => ({ role: 'tool', toolCallId, text });
const calls = (...ids: readonly string[]): TurnMessage => ({
  role: 'assistant',
  text: '',
  toolCalls: ids.map((id) => ({ id, name: 'f', arguments: '{}' })),
});
const missing = (id: string): TurnMessage => result(id, '[no result: the call was interrupted]');

it('messages without tools stay as they are', () => {
  const messages = [user('a'), { role: 'assistant', text: 'b', toolCalls: [] } as const];
  expect(pairToolCalls(messages)).toBe(messages);
});

it('results go behind their calls, in the order of these', () => {
  expect(pairToolCalls([calls('1', '2'), user('a note'), result('2'), result('1')])).toEqual([
    calls('1', '2'),
    result('1'),
    result('2'),
    user('a note'),
  ]);
});

it('a call without a result gets one that says so', () => {
  expect(pairToolCalls([calls('1', '2'), result('2'), user('a')])).toEqual([
    calls('1', '2'),
    missing('1'),
    result('2'),
    user('a'),
  ]);
});

it('a result without a call is told by the user', () => {
  expect(pairToolCalls([user('a'), result('1', 'sun')])).toEqual([
    user('a'),
    user('[result of the tool call 1]\nsun'),
  ]);
});

it('ids may be used again: a result is of the calls just before it', () => {
  expect(pairToolCalls([calls('0'), result('0', 'a'), calls('0'), result('0', 'b')])).toEqual([
    calls('0'),
    result('0', 'a'),
    calls('0'),
    result('0', 'b'),
  ]);
  expect(pairToolCalls([calls('0'), calls('0'), result('0', 'b')])).toEqual([
    calls('0'),
    missing('0'),
    calls('0'),
    result('0', 'b'),
  ]);
});

it('takes time in proportion to what there is', () => {
  const ids = Array.from({ length: 200_000 }, (_, n) => `${n}`);
  const made = ids.map((id) => ({ id, name: 'f', arguments: '{}' }));
  const inOne: TurnMessage[] = [
    { role: 'assistant', text: '', toolCalls: made },
    ...ids.map((id) => result(id)),
  ];
  expect(pairToolCalls(inOne)).toEqual(inOne);
  const each = ids.flatMap((id) => [calls(id), result(id)]);
  expect(pairToolCalls(each)).toEqual(each);
});
