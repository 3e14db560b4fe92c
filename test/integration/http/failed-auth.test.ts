/** Guessing credentials over HTTP: the same count as over WebSocket, for all workers (http.md §3, protocol.md §10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectParams } from '../../support/control-client.js';
import { refused } from '../../support/first-frame.js';
import { startFor, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';
import { waitFor } from '../../support/wait-for.js';

const LOCKED =
  '{"error":{"message":"Too many failed authentication attempts. Please try again later.","type":"rate_limited"}}';
const tui = { id: 'pllan-tui', version: '1', platform: 'linux', mode: 'ui' };

let gateway: TestGateway;
beforeAll(async () => {
  const rateLimit = { maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000 };
  const auth = { mode: 'token', token: TOKEN, rateLimit };
  gateway = await startGateway({
    config: { gateway: { auth, trustedProxies: ['127.0.0.1'], workers: { count: 2 } } },
  });
});
afterAll(() => gateway.stop());

const via = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });

/** On a connection of its own: with two workers, the other one gets the next. */
function models(
  token: string | undefined,
  headers: Record<string, string>,
  path = '/v1/models',
  on = gateway,
): Promise<OnceAnswer> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return requestOnce(on.url + path, { headers: { ...authorization, ...headers } });
}

async function statuses(answers: readonly Promise<OnceAnswer>[]): Promise<number[]> {
  return (await Promise.all(answers)).map(({ status }) => status);
}

async function reasonOf(token: string, headers: Record<string, string>, on = gateway): Promise<unknown> {
  const params = connectParams({ client: tui, auth: { token } });
  const first = { type: 'req', id: 'first', method: 'connect', params };
  const { frames } = await refused(on.wsUrl, first, headers);
  return frames[0]?.error?.details?.authReason;
}

describe('a client that guesses', () => {
  it('is locked out after its attempts, also with the right secret, on every path, and alone', async () => {
    const client = via('203.0.113.1');
    for (let n = 0; n < 5; n += 1) expect((await models(undefined, client)).status).toBe(401);
    for (let n = 0; n < 3; n += 1) expect((await models(`guess-${n}`, client)).status).toBe(401);
    for (const path of ['/v1/models', '/metrics', '/v1/models/pllan', '/v1/models']) {
      const answer = await models(TOKEN, client, path);
      expect([path, answer.status, answer.body]).toEqual([path, 429, LOCKED]);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(30);
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60);
    }
    expect(await reasonOf(TOKEN, client)).toBe('rate_limited');
    expect((await models(TOKEN, via('203.0.113.2'))).status).toBe(200);
    expect((await models(TOKEN, {})).status).toBe(200);
    expect((await models(undefined, client)).status).toBe(401);
  });

  it('is counted over WebSocket, at workers and at the primary together', async () => {
    const client = via('203.0.113.3');
    expect(await reasonOf('a guess', client)).toBe('token_mismatch');
    expect((await models('another', client)).status).toBe(401);
    expect((await models('a third', client, '/metrics')).status).toBe(401);
    expect((await models(TOKEN, client)).status).toBe(429);
  });

  it('cannot get past the lock by guessing side by side', async () => {
    const client = via('203.0.113.4');
    const guesses = Array.from({ length: 20 }, (_, n) => models(`guess-${n}`, client));
    const all = await statuses(guesses);
    expect(all.filter((status) => status === 401)).toHaveLength(3);
    expect(all.filter((status) => status === 429)).toHaveLength(17);
  });

  it('begins anew when it has shown the right secret', async () => {
    const client = via('203.0.113.5');
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 2; n += 1) expect((await models(`guess-${n}`, client)).status).toBe(401);
      expect((await models(TOKEN, client)).status).toBe(200);
    }
  });

  it('sees no details of readiness while it is locked out', async () => {
    const client = via('203.0.113.6');
    expect(JSON.parse((await models(TOKEN, client, '/readyz')).body)).toMatchObject({ failing: [] });
    for (let n = 0; n < 3; n += 1) await models(`guess-${n}`, client, '/readyz');
    const answer = await models(TOKEN, client, '/readyz');
    expect([answer.status, answer.body]).toEqual([200, '{"ready":true}']);
    expect((await models(TOKEN, client)).status).toBe(429);
  });

  it('is told so before its body is read', async () => {
    const client = via('203.0.113.7');
    for (let n = 0; n < 3; n += 1) await models(`guess-${n}`, client);
    const { status } = await requestOnce(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...client, authorization: `Bearer ${TOKEN}` },
      body: '{',
    });
    expect(status).toBe(429);
  });
});

describe('on this machine', () => {
  it('a program is never locked out', async () => {
    for (let n = 0; n < 5; n += 1) expect((await models(`guess-${n}`, {})).status).toBe(401);
    expect((await models(TOKEN, {})).status).toBe(200);
  });

  it('a page is, as another client than the programs beside it', async () => {
    const page = { origin: 'http://localhost:5173' };
    for (let n = 0; n < 3; n += 1) expect((await models(`guess-${n}`, page)).status).toBe(401);
    expect((await models(TOKEN, page)).status).toBe(429);
    expect((await models(TOKEN, { origin: 'http://localhost:1' })).status).toBe(200);
    expect((await models(TOKEN, {})).status).toBe(200);
  });
});

it('failures are counted by their reason, wherever they were', async (test) => {
  const rateLimit = { maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000 };
  const other = await startFor(test, {
    config: { gateway: { auth: { mode: 'token', token: TOKEN, rateLimit }, trustedProxies: ['127.0.0.1'] } },
  });
  const client = via('203.0.113.8');
  await models(undefined, client, '/v1/models', other);
  for (let n = 0; n < 4; n += 1) await models(`guess-${n}`, client, '/v1/models', other);
  await models('a guess', via('203.0.113.9'), '/metrics', other);
  await reasonOf('a guess', via('203.0.113.10'), other);
  // Workers tell what they count once a second.
  await waitFor('the counts', async () => {
    const now = await scrape(other.url);
    const counts = ['token_missing', 'token_mismatch', 'rate_limited'].map((reason) =>
      now.total('pllan_auth_failures_total', { reason }),
    );
    return counts.join() === '1,5,1';
  });
});
