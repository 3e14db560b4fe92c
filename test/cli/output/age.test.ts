import { expect, test } from 'vitest';
import { formatAge } from '../../../src/cli/output/age.js';

test.each([
  [-5, '0s'],
  [0, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_599_999, '59m'],
  [7_200_000, '2h'],
  [200_000_000, '2d'],
])('%d ms → %s', (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});
