/** The settings and bounds of the limiter for failed credentials, each client under its own address (protocol.md §10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, connectParams } from '../../support/control-client.js';
import { refused } from '../../support/first-frame.js';
import {
  startFor,
  startGateway,
  TOKEN,
  type GatewayOptions,
  type TestGateway,
} from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';
import { inFull } from '../../support/in-full.js';

const tui = { id: 'pllan-tui', version: '1', platform: 'linux', mode: 'ui' };

/** A gateway that believes what a proxy on this machine says about addresses. */
function withLimit(rateLimit: object): GatewayOptions {
  const auth = { mode: 'token', token: TOKEN, rateLimit };
  return { config: { gateway: { auth, trustedProxies: ['127.0.0.1'] } } };
}

const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });

/** What a guess is told: `token_mismatch`, or `rate_limited`. */
async function guess(gateway: TestGateway, headers: Record<string, string>): Promise<string> {
  const params = connectParams({ client: tui, auth: { token: 'a guess' } });
  const { frames } = await refused(
    gateway.wsUrl,
    { type: 'req', id: 'first', method: 'connect', params },
    headers,
  );
  return String(frames[0]?.error?.details?.authReason);
}

async function guesses(gateway: TestGateway, address: string, times: number): Promise<string[]> {
  const reasons: string[] = [];
  for (let n = 0; n < times; n += 1) reasons.push(await guess(gateway, from(address)));
  return reasons;
}

/** What somebody with the secret is told; `ok`, or why not. */
async function enter(gateway: TestGateway, headers: Record<string, string>): Promise<unknown> {
  const client = await connectControl(gateway.wsUrl, { params: { client: tui }, headers });
  await client.close();
  return client.hello.ok ? 'ok' : client.hello.error;
}

const mismatch = (times: number): string[] => Array.from({ length: times }, () => 'token_mismatch');

it('window and lock: older failures do not count, and a lock ends by itself', async (test) => {
  const spanMs = 1_500;
  const gateway = await startFor(test, withLimit({ maxAttempts: 3, windowMs: spanMs, lockoutMs: spanMs }));
  expect(await guesses(gateway, '203.0.113.1', 2)).toEqual(mismatch(2));
  const clock = '203.0.113.2';
  await waitFor('a lock', async () => (await guess(gateway, from(clock))) === 'rate_limited');
  const locked = (await enter(gateway, from(clock))) as { readonly retryAfterMs: number };
  expect(locked).toMatchObject({ details: { code: 'AUTH_RATE_LIMITED' }, retryable: true });
  expect(locked.retryAfterMs).toBeGreaterThan(0);
  expect(locked.retryAfterMs).toBeLessThanOrEqual(spanMs);
  // That lock began after the first client's failures and lasts as long as they count.
  await waitFor('its end', async () => (await enter(gateway, from(clock))) === 'ok');
  expect(await guesses(gateway, '203.0.113.1', 2)).toEqual(mismatch(2));
  expect(await enter(gateway, from('203.0.113.1'))).toBe('ok');
});

describe('with three attempts in a minute', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway(withLimit({ maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000 }));
  });
  afterAll(() => gateway.stop());

  it('client key: an IPv4 address is the same in the clothes of IPv6', async () => {
    expect(await guesses(gateway, '::ffff:203.0.113.10', 2)).toEqual(mismatch(2));
    expect(await guesses(gateway, '203.0.113.10', 2)).toEqual(['token_mismatch', 'rate_limited']);
  });

  it('success: clears the entry', async () => {
    expect(await guesses(gateway, '203.0.113.11', 2)).toEqual(mismatch(2));
    expect(await enter(gateway, from('203.0.113.11'))).toBe('ok');
    expect(await guesses(gateway, '203.0.113.11', 2)).toEqual(mismatch(2));
    expect(await enter(gateway, from('203.0.113.11'))).toBe('ok');
  });

  it('counting: a missing credential does not count', async () => {
    const headers = from('203.0.113.12');
    const params = connectParams({ client: tui, auth: {} });
    for (let n = 0; n < 4; n += 1) {
      const { frames } = await refused(
        gateway.wsUrl,
        { type: 'req', id: 'first', method: 'connect', params },
        headers,
      );
      expect(frames[0]?.error?.details?.authReason).toBe('token_missing');
    }
    expect(await guess(gateway, headers)).toBe('token_mismatch');
  });

  it('loopback exempt: never locked, but answered later and later; others are not', async () => {
    for (let n = 0; n < 3; n += 1) expect(await guess(gateway, {})).toBe('token_mismatch');
    const order: string[] = [];
    const local = guess(gateway, {}).then((reason) => order.push(`local ${reason}`));
    await guess(gateway, from('203.0.113.13')).then((reason) => order.push(`remote ${reason}`));
    await local;
    expect(order).toEqual(['remote token_mismatch', 'local token_mismatch']);
    expect(await enter(gateway, {})).toBe('ok');
  });
});

it('exemptLoopback false: a client on this machine is locked as well', async (test) => {
  const gateway = await startFor(
    test,
    withLimit({ maxAttempts: 2, lockoutMs: 60_000, exemptLoopback: false }),
  );
  expect([await guess(gateway, {}), await guess(gateway, {})]).toEqual(mismatch(2));
  expect(await enter(gateway, {})).toMatchObject({ details: { code: 'AUTH_RATE_LIMITED' } });
});

// Ten thousand handshakes: with `npm run test:chaos`; the limiter's own test has as many clients.
it.runIf(inFull)(
  'memory: ten thousand clients are remembered, then the oldest gives way',
  { timeout: 120_000 },
  async (test) => {
    const gateway = await startFor(test, withLimit({ maxAttempts: 1, lockoutMs: 86_400_000 }));
    const addressOf = (n: number): string => `10.1.${n >> 8}.${n & 255}`;
    expect(await guess(gateway, from('203.0.113.1'))).toBe('token_mismatch');
    expect(await guess(gateway, from('203.0.113.1'))).toBe('rate_limited');
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < 10_000) await guess(gateway, from(addressOf((next += 1))));
    };
    await Promise.all(Array.from({ length: 32 }, work));
    expect(await enter(gateway, from('203.0.113.1'))).toBe('ok');
    expect(await enter(gateway, from(addressOf(10_000)))).toMatchObject({
      details: { code: 'AUTH_RATE_LIMITED' },
    });
  },
);
