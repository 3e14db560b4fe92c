import { expect, it } from 'vitest';
import { retryAfterMs } from '../../../../src/shared/http/retry-after.js';
import { createCooldowns } from '../../../../src/workers/threads/upstream/cooldowns.js';
import { UpstreamFailure } from '../../../../src/workers/threads/upstream/failure.js';

const times = { firstMs: 10, maxMs: 200, authFirstMs: 1_000, authMaxMs: 2_000 };
const credential = { id: 'a', secret: 'x', kind: 'api-key' } as const;

function begin() {
  let now = 0;
  const cooldowns = createCooldowns(() => now);
  return {
    cooldowns,
    at: (ms: number) => void (now = ms),
    fail: (status: number, retryAfter?: string) =>
      cooldowns.failed(credential, 'm', new UpstreamFailure('status', 'no', { status, retryAfter }), times),
    until: (model = 'm') => cooldowns.restOf(credential, model)?.until,
  };
}

it('a credential rests five times as long each time, up to a bound, until it is good again', () => {
  const { cooldowns, at, fail, until } = begin();
  const rests: number[] = [];
  for (let n = 0; n < 4; n += 1) {
    const from = 1_000 * n;
    at(from);
    fail(429);
    rests.push((until() ?? 0) - from);
  }
  expect(rests).toEqual([10, 50, 200, 200]);
  at(3_200);
  expect(until()).toBeUndefined();
  cooldowns.succeeded(credential, 'm');
  fail(429);
  expect(until()).toBe(3_210);
});

it.each([
  [401, 1_000, 1_000],
  [402, 1_000, 1_000],
  [403, 1_000, undefined],
  [429, 10, undefined],
  [503, 10, undefined],
  [529, 10, undefined],
  [500, undefined, undefined],
  [400, undefined, undefined],
])('after %i it rests for its model until %s, and for others until %s', (status, own, others) => {
  const { fail, until } = begin();
  fail(status);
  expect([until(), until('other')]).toEqual([own, others]);
});

it('the provider may say how long, but not without end, and not about a key that is no good', () => {
  const { fail, until } = begin();
  fail(429, '0.15');
  expect(until()).toBe(200);
  fail(429, '100000');
  expect(until()).toBe(200);
  fail(401, '5');
  expect(until()).toBe(1_000);
});

it('another credential is not concerned', () => {
  const { cooldowns, fail } = begin();
  fail(401);
  expect(cooldowns.restOf({ ...credential }, 'm')).toBeUndefined();
});

it.each([
  ['7', 7_000],
  ['1.5', 1_500],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 30_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %s is %s ms', (value, ms) => {
  expect(retryAfterMs(value, 30_000)).toBe(ms);
});
