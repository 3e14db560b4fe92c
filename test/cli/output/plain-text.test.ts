import { expect, test } from 'vitest';
import { harmlessJson, plainText } from '../../../src/cli/output/plain-text.js';

test.each([
  ['Ann’s laptop', 'Ann’s laptop'],
  ['  a\t\tb\r\nc ', 'a b c'],
  ['a\u001b[2Jb\u009bc\u0007', 'a [2Jb c'],
  ['a\u2028b\u2029c\u0085d', 'a b c d'],
  ['abc\u202etxt.exe\u200b\ufeff', 'abctxt.exe'],
  ['Ünïcödé 日本 🙂', 'Ünïcödé 日本 🙂'],
])('%j is shown as %j', (text, shown) => {
  expect(plainText(text)).toBe(shown);
});

test('JSON means the same, and steers no terminal', () => {
  const value = { text: 'a\u001b[2J\u009b31m\u202eb\u2066 Ünïcödé 👩‍👧' };
  const json = harmlessJson(JSON.stringify(value));
  expect(JSON.parse(json)).toEqual(value);
  expect(json).toBe('{"text":"a\\u001b[2J\\u009b31m\\u202eb\\u2066 Ünïcödé 👩‍👧"}');
});
