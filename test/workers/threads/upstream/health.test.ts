/** What a thread remembers of providers that failed: rests of credentials, and origins that are left alone. */
import { describe, expect, it } from 'vitest';
import { failoverLimits } from '../../../../src/shared/limits.js';
import { createBreakers } from '../../../../src/workers/threads/upstream/breakers.js';
import { createCooldowns, retryAfterMs } from '../../../../src/workers/threads/upstream/cooldowns.js';
import { UpstreamFailure } from '../../../../src/workers/threads/upstream/failure.js';
import { credential, providerRoute } from '../../../support/routes.js';

const refused = (status: number, retryAfter?: string) =>
  new UpstreamFailure('status', `status ${status}`, { status, retryAfter });
const gone = new UpstreamFailure('connection', 'ECONNREFUSED');
const { cooldowns: times } = providerRoute();

describe('a credential', () => {
  const start = () => {
    let now = 0;
    const one = credential();
    const cooldowns = createCooldowns(() => now);
    return { one, cooldowns, pass: (ms: number) => void (now += ms) };
  };

  it('rests after a limit, five times as long each time, up to an hour', () => {
    const { one, cooldowns, pass } = start();
    for (const ms of [60_000, 300_000, 1_500_000, 3_600_000, 3_600_000]) {
      cooldowns.failed(one, 'm', refused(429), times);
      pass(ms - 1);
      expect(cooldowns.restOf(one, 'm')).toMatchObject({ told: false });
      pass(1);
      expect(cooldowns.restOf(one, 'm')).toBeUndefined();
    }
    cooldowns.succeeded(one, 'm');
    cooldowns.failed(one, 'm', refused(529), times);
    pass(60_000);
    expect(cooldowns.restOf(one, 'm')).toBeUndefined();
  });

  it.each([
    ['7', 7_000],
    ['0', failoverLimits.retryAfterMinMs],
    ['999999', 3_600_000],
  ])('rests as long as a provider says, within bounds: %s', (retryAfter, ms) => {
    const { one, cooldowns, pass } = start();
    cooldowns.failed(one, 'm', refused(429, retryAfter), times);
    pass(ms - 1);
    expect(cooldowns.restOf(one, 'm')).toMatchObject({ told: true });
    pass(1);
    expect(cooldowns.restOf(one, 'm')).toBeUndefined();
  });

  it('rests with its model for a limit, with all of them when it is no good', () => {
    const { one, cooldowns } = start();
    cooldowns.failed(one, 'm', refused(429), times);
    expect(cooldowns.restOf(one, 'other')).toBeUndefined();
    cooldowns.failed(one, 'm', refused(401), times);
    expect(cooldowns.restOf(one, 'other')).toMatchObject({ until: times.authFirstMs });
  });

  it.each([refused(400), refused(500), gone])('does not rest after %s', (failure) => {
    const { one, cooldowns } = start();
    cooldowns.failed(one, 'm', failure, times);
    expect(cooldowns.restOf(one, 'm')).toBeUndefined();
  });
});

describe('an origin', () => {
  const start = () => {
    let now = 0;
    const breaker = createBreakers(() => now)(providerRoute());
    return { breaker, pass: (ms: number) => void (now += ms) };
  };
  const { breakerFailures, breakerPauseMs } = failoverLimits;

  it('is left alone after failures in a row; then one call tries it, and its answer ends that', () => {
    const { breaker, pass } = start();
    for (let i = 0; i < breakerFailures; i += 1) {
      expect(breaker.admits()).toBe(true);
      breaker.failed(gone);
    }
    expect(breaker.admits()).toBe(false);
    expect(breaker.refusal()).toMatchObject({ reason: 'connection', retryAfter: '5' });
    pass(breakerPauseMs);
    expect([breaker.admits(), breaker.admits()]).toEqual([true, false]);
    breaker.failed(gone);
    expect(breaker.admits()).toBe(false);
    pass(breakerPauseMs);
    expect(breaker.admits()).toBe(true);
    breaker.answered();
    expect([breaker.admits(), breaker.admits()]).toEqual([true, true]);
  });

  it('whose probe was given up is tried by the next', () => {
    const { breaker, pass } = start();
    for (let i = 0; i < breakerFailures; i += 1) breaker.failed(gone);
    pass(breakerPauseMs);
    expect(breaker.admits()).toBe(true);
    breaker.failed(new UpstreamFailure('aborted', 'the client went away'));
    expect(breaker.admits()).toBe(true);
  });

  it.each([refused(429), refused(503), refused(400), new UpstreamFailure('malformed', 'x')])(
    'that answers %s is there',
    (failure) => {
      const { breaker } = start();
      for (let i = 1; i < breakerFailures; i += 1) breaker.failed(gone);
      breaker.failed(failure);
      breaker.failed(gone);
      expect(breaker.admits()).toBe(true);
    },
  );
});

it.each([
  ['5', 5_000],
  ['1.5', 1_500],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 60_000],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After %s is %s ms', (value, ms) => {
  expect(retryAfterMs(value, 0)).toBe(ms);
});
