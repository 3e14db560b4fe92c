/** Text of people in its canonical form (methods.md §3). */
import { expect, it } from 'vitest';
import { methodParams } from '../../../src/primary/control/methods/params.js';

const read = (message: string): unknown => {
  const params = methodParams['chat.send'].parse({ sessionKey: 'main', message, idempotencyKey: 'k' });
  return params.ok ? params.value.message : params.problems;
};

it('letters and their marks are composed', () => {
  expect(read('Cafe\u0301 a\u0301\u0323')).toBe('Café \u1ea1\u0301');
});

it('a million marks on one letter stay as they are: to put them in order would take minutes', () => {
  const message = `a${'\u0301\u0323'.repeat(500_000)}`;
  expect(read(message) === message).toBe(true);
});
