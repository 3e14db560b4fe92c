import { expect, it } from 'vitest';
import { createBreaker, createBreakers } from '../../../../src/workers/threads/upstream/breakers.js';
import { UpstreamFailure } from '../../../../src/workers/threads/upstream/failure.js';
import { providerRoute } from '../../../support/routes.js';

const dead = new UpstreamFailure('connect-timeout', 'no answer');

function begin() {
  let now = 0;
  const breaker = createBreaker(() => now);
  return {
    breaker,
    at: (ms: number) => void (now = ms),
    fail: (times: number, failure = dead) => {
      for (let n = 0; n < times; n += 1) breaker.failed(failure);
    },
  };
}

it('opens after five failures in a row, and says why and for how long', () => {
  const { breaker, fail } = begin();
  fail(4);
  expect(breaker.admits()).toBe(true);
  fail(1);
  expect(breaker.admits()).toBe(false);
  expect(breaker.refusal()).toMatchObject({ reason: 'connect-timeout', retryAfter: '5' });
});

it.each([
  ['an answer', undefined],
  ['a refusal, which is one', new UpstreamFailure('status', 'no', { status: 429 })],
])('counts anew after %s', (_what, refusal) => {
  const { breaker, fail } = begin();
  fail(4);
  if (refusal) breaker.failed(refusal);
  else breaker.answered();
  fail(4);
  expect(breaker.admits()).toBe(true);
});

it('lets one call try after its pause: an answer closes it, a failure does not', () => {
  const { breaker, at, fail } = begin();
  fail(5);
  at(4_999);
  expect(breaker.admits()).toBe(false);
  at(5_000);
  expect([breaker.admits(), breaker.admits()]).toEqual([true, false]);
  fail(1);
  at(9_999);
  expect(breaker.admits()).toBe(false);
  at(10_000);
  expect(breaker.admits()).toBe(true);
  // Its client went away: that says nothing, and another may try.
  breaker.failed(new UpstreamFailure('aborted', 'gone'));
  expect(breaker.admits()).toBe(true);
  breaker.answered();
  expect([breaker.admits(), breaker.admits()]).toEqual([true, true]);
});

it('is one for all routes to an origin', () => {
  const breakerOf = createBreakers(() => 0).of;
  const at = (baseUrl: string) => breakerOf(providerRoute({ baseUrl }));
  expect(at('http://a:1/v1')).toBe(at('http://a:1/v2'));
  expect(at('http://a:1/v1')).not.toBe(at('http://a:2/v1'));
});
