/** Which session a response came from (http.md §8.1). */
import { expect, it } from 'vitest';
import { createResponseSessions } from '../../../src/primary/sessions/response-sessions.js';
import { responseLimits } from '../../../src/shared/limits.js';
import type { SessionKey } from '../../../src/shared/store/records.js';

const key = 'agent:main:openresponses:1' as SessionKey;
const place = { key, agentId: 'main', caller: 'me' };
const from = (previous: string, caller = 'me') => ({ previous, caller });

it('is told to the same caller with the same agent', () => {
  const known = createResponseSessions(() => 0);
  known.remember('a', place);
  expect(known.find(from('a'), 'main')).toBe(key);
  expect(known.find(from('a', 'other'), 'main')).toBeUndefined();
  expect(known.find(from('a'), 'ops')).toBeUndefined();
  expect(known.find(from('b'), 'main')).toBeUndefined();
  expect(known.find({ caller: 'me' }, 'main')).toBeUndefined();
  expect(known.find(undefined, 'main')).toBeUndefined();
});

it('is forgotten after a time', () => {
  let now = 0;
  const known = createResponseSessions(() => now);
  known.remember('a', place);
  now = responseLimits.continuableMs - 1;
  expect(known.find(from('a'), 'main')).toBe(key);
  now += 1;
  expect(known.find(from('a'), 'main')).toBeUndefined();
});

it('of too many the oldest is forgotten', () => {
  const known = createResponseSessions(() => 0);
  for (let n = 0; n <= responseLimits.continuable; n += 1) known.remember(`r${n}`, place);
  expect(known.find(from('r0'), 'main')).toBeUndefined();
  expect(known.find(from('r1'), 'main')).toBe(key);
});
