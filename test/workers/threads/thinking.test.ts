import { expect, it } from 'vitest';
import { effortOf, withThinking } from '../../../src/workers/threads/thinking.js';
import type { Turn } from '../../../src/workers/threads/turn.js';

it.each([
  [undefined, undefined, undefined],
  [undefined, 'high', 'high'],
  ['low', 'high', 'low'],
  ['off', 'high', undefined],
  ['adaptive', 'high', undefined],
] as const)('asked for %s, of an agent with %s: %s', (asked, thinking, effort) => {
  expect(effortOf(asked, thinking && { thinking })).toBe(effort);
});

it('what a request says itself stays, and only a model that reasons is told', () => {
  const turn: Turn = {
    system: '',
    messages: [],
    tools: [],
    toolChoice: undefined,
    sampling: { top_p: 1 },
    thinking: 'high',
  };
  const told = (facts: { reasoning?: boolean }, over: Partial<Turn> = {}): unknown =>
    withThinking({ ...turn, ...over }, facts).sampling;
  expect(told({ reasoning: true })).toEqual({ top_p: 1, reasoning_effort: 'high' });
  expect(told({})).toEqual({ top_p: 1 });
  expect(told({ reasoning: true }, { thinking: undefined })).toEqual({ top_p: 1 });
  const own = { reasoning_effort: 'low' };
  expect(told({ reasoning: true }, { sampling: own })).toBe(own);
});
