import { expect, it } from 'vitest';
import { limitRepeats } from '../../../src/shared/log/repeat-limit.js';
import { logLimits } from '../../../src/shared/log/limits.js';
import { waitFor } from '../../support/wait-for.js';

type Kind = 'a' | 'b' | 'c';

function counted(windowMs: number) {
  const told: [Kind, number][] = [];
  const limit = limitRepeats<Kind>((kind, more) => told.push([kind, more]), windowMs);
  const admitted = (kind: Kind, times: number): number =>
    Array.from({ length: times }, () => limit.admit(kind)).filter(Boolean).length;
  return { told, limit, admitted };
}

it('lets so many of each kind through and tells the number of the rest when the time is over', async () => {
  const { told, admitted } = counted(50);
  expect(admitted('a', logLimits.repeats + 3)).toBe(logLimits.repeats);
  expect(admitted('b', logLimits.repeats + 1)).toBe(logLimits.repeats);
  expect(admitted('c', logLimits.repeats)).toBe(logLimits.repeats);
  expect(told).toEqual([]);
  await waitFor('the report', () => told.length > 0);
  expect(told).toEqual([
    ['a', 3],
    ['b', 1],
  ]);
  expect(admitted('a', 1)).toBe(1);
});

it('tells at once when asked to, and each number once', () => {
  const { told, limit, admitted } = counted(60_000);
  admitted('a', logLimits.repeats + 2);
  limit.flush();
  limit.flush();
  expect(told).toEqual([['a', 2]]);
  expect(admitted('a', logLimits.repeats)).toBe(logLimits.repeats);
});
