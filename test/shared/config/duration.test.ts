import { expect, it } from 'vitest';
import { durationMs } from '../../../src/shared/config/duration.js';

it.each([
  ['30d', 2_592_000_000],
  ['12h', 43_200_000],
  [' 45 m ', 2_700_000],
  ['90s', 90_000],
  ['500ms', 500],
  ['0d', undefined],
  ['30', undefined],
  ['1.5h', undefined],
  ['-1d', undefined],
  ['', undefined],
])('%j is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
