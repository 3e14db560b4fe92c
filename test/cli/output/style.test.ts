import { expect, test } from 'vitest';
import { createStyle, wantsColor } from '../../../src/cli/output/style.js';

const terminal = { color: true, json: false, isTerminal: true, env: {} };

test.each([
  ['a terminal', terminal, true],
  ['a pipe', { ...terminal, isTerminal: false }, false],
  ['NO_COLOR', { ...terminal, env: { NO_COLOR: '1' } }, false],
  ['an empty NO_COLOR', { ...terminal, env: { NO_COLOR: '' } }, true],
  ['FORCE_COLOR in a pipe', { ...terminal, isTerminal: false, env: { FORCE_COLOR: '1' } }, true],
  ['FORCE_COLOR over NO_COLOR', { ...terminal, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
  ['FORCE_COLOR=0', { ...terminal, env: { FORCE_COLOR: '0' } }, false],
  ['--no-color over FORCE_COLOR', { ...terminal, color: false, env: { FORCE_COLOR: '1' } }, false],
  ['--json over FORCE_COLOR', { ...terminal, json: true, env: { FORCE_COLOR: '1' } }, false],
])('colors with %s: %o → %s', (_what, wish, expected) => {
  expect(wantsColor(wish)).toBe(expected);
});

test('a style that is off leaves text alone', () => {
  expect(createStyle(false).bad('x')).toBe('x');
  expect(createStyle(true).bad('x')).toBe('\u001B[31mx\u001B[39m');
});
