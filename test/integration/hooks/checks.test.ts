/** Who may call web hooks, and what the others are told, in the order of the checks (http.md §11.1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFor, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { HOOK_TOKEN, hookBearer, postHook, told, withHooks } from '../../support/hooks.js';
import { scrape } from '../../support/metrics.js';
import { openRaw } from '../../support/raw-connection.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';
import { waitFor } from '../../support/wait-for.js';

const LIMIT = 2_000;

let gateway: TestGateway;
beforeAll(async () => {
  const over = { gateway: { trustedProxies: ['127.0.0.1'], workers: { count: 2 } } };
  gateway = await startGateway({ config: withHooks({ maxBodyBytes: LIMIT }, over) });
});
afterAll(() => gateway.stop());

const via = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
const post = (path: string, headers: Record<string, string>, body = '{}'): Promise<OnceAnswer> =>
  requestOnce(gateway.url + path, { method: 'POST', headers, body });
const refused = (error: string): object => ({ ok: false, error });
const wake = { text: 'hello', mode: 'next-heartbeat' };

describe('a hook', () => {
  it.each([
    ['Authorization', { authorization: `Bearer ${HOOK_TOKEN}` }],
    ['any case of Bearer', { authorization: `bEARER ${HOOK_TOKEN}` }],
    ['X-Pllan-Token', { 'x-pllan-token': HOOK_TOKEN }],
    ['X-OpenClaw-Token', { 'x-openclaw-token': HOOK_TOKEN }],
  ])('takes its token in %s', async (_where, headers) => {
    expect(await told(post('/hooks/wake', headers, JSON.stringify(wake)))).toEqual([
      200,
      { ok: true, mode: 'next-heartbeat' },
    ]);
  });

  it.each(['?token=', `?token=${HOOK_TOKEN}`, `?a=b&token=${HOOK_TOKEN}`, `?%74oken=${HOOK_TOKEN}`])(
    'with a token in its URL is 400, whatever else is right or wrong: %s',
    async (query) => {
      const right = await post(`/hooks/wake${query}`, hookBearer);
      expect([right.status, right.body]).toEqual([400, 'token must be sent in a header']);
      expect(right.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect((await post(`/hooks/wake${query}`, {})).status).toBe(400);
      expect((await requestOnce(`${gateway.url}/hooks/wake${query}`)).status).toBe(400);
    },
  );

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'that is no POST is 405: %s',
    async (method) => {
      const { status, headers, body } = await requestOnce(`${gateway.url}/hooks/wake`, { method });
      expect([status, headers.allow]).toEqual([405, 'POST']);
      expect(body).toBe(method === 'HEAD' ? '' : 'Method Not Allowed');
    },
  );

  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['that of the gateway', { authorization: `Bearer ${TOKEN}` }],
    ['half of it', { authorization: `Bearer ${HOOK_TOKEN.slice(0, 8)}` }],
    ['another scheme', { authorization: `Basic ${HOOK_TOKEN}` }],
  ])('is 401 with such a token: %s', async (_what, headers) => {
    for (const path of ['/hooks', '/hooks/wake', '/hooks/nothing']) {
      const answer = await post(path, { ...headers, ...via('203.0.113.1') }, 'no JSON');
      expect([path, answer.status, answer.body]).toEqual([path, 401, 'Unauthorized']);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    }
  });

  it.each(['/hooks', '/hooks/', '/hooks?a=b', '/hooks/nothing', '/hooks/wake/more'])(
    'that there is not is 404: %s',
    async (path) => {
      const { status, body } = await post(path, hookBearer);
      expect([status, body]).toEqual([404, 'Not Found']);
    },
  );

  it('of the gateway opens nothing else', async () => {
    expect((await requestOnce(`${gateway.url}/v1/models`, { headers: hookBearer })).status).toBe(401);
  });

  it('has the headers of every answer', async () => {
    const { headers } = await post('/hooks/wake', {});
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a body', () => {
  it.each(['{', '[]', '7', 'null', '"x"', 'text=hello'])(
    'that is no JSON object is 400: %s',
    async (body) => {
      expect(await told(postHook(gateway, 'wake', body))).toEqual([
        400,
        refused('invalid JSON: body must be an object'),
      ]);
    },
  );

  it.each(['', ' \n'])('that is empty is an empty object: %j', async (body) => {
    expect(await told(postHook(gateway, 'wake', body))).toEqual([400, refused('text required')]);
  });

  it('above the limit is 413, announced or not, and the client reads that', async () => {
    const sized = (bytes: number): string => JSON.stringify(wake).padEnd(bytes, ' ');
    expect((await postHook(gateway, 'wake', sized(LIMIT))).status).toBe(200);
    const tooMuch = [413, refused('payload too large')];
    expect(await told(postHook(gateway, 'wake', sized(LIMIT + 1)))).toEqual(tooMuch);
    const connection = await openRaw(gateway.port);
    await connection.write(
      `POST /hooks/wake HTTP/1.1\r\nHost: x\r\nX-Pllan-Token: ${HOOK_TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    for (let n = 0; n < 3; n += 1) await connection.write(`3e8\r\n${'x'.repeat(1_000)}\r\n`);
    const [answer] = await connection.answered(1);
    expect([answer?.status, JSON.parse(answer?.body ?? '')]).toEqual(tooMuch);
    expect(answer?.headers.connection).toBe('close');
    connection.destroy();
  });

  it('is not waited for where the token is wrong, and the next request is answered', async () => {
    const connection = await openRaw(gateway.port);
    const head = (path: string, more: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.2\r\n${more}\r\n`;
    await connection.write(head('/hooks/wake', 'Content-Length: 5\r\nX-Pllan-Token: wrong\r\n'));
    expect((await connection.answered(1))[0]?.status).toBe(401);
    await connection.write(
      `12345${head('/hooks/x', `Content-Length: 2\r\nX-Pllan-Token: ${HOOK_TOKEN}\r\n`)}{}`,
    );
    expect((await connection.answered(2))[1]?.status).toBe(404);
    connection.destroy();
  });
});

describe('a client that guesses', () => {
  const guess = (headers: Record<string, string>, token = 'a guess'): Promise<OnceAnswer> =>
    post('/hooks/wake', { ...headers, 'x-pllan-token': token });

  it('is locked out after 20 failures at whichever worker, also with the right token or none, and alone', async () => {
    const client = via('203.0.113.10');
    for (let n = 0; n < 25; n += 1) expect((await guess(client, '')).status).toBe(401);
    const all = await Promise.all(Array.from({ length: 30 }, () => guess(client)));
    expect(all.filter(({ status }) => status === 401)).toHaveLength(20);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(10);
    for (const token of [HOOK_TOKEN, 'a guess']) {
      for (let n = 0; n < 4; n += 1) {
        const { status, body, headers } = await guess(client, token);
        expect([status, body]).toEqual([429, 'Too Many Requests']);
        expect(Number(headers['retry-after'])).toBeGreaterThan(30);
        expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
      }
    }
    await waitFor('both workers to know', async () => {
      const asked = await Promise.all(Array.from({ length: 8 }, () => guess(client, '')));
      return asked.every(({ status }) => status === 429);
    });
    // The checks before it come first.
    expect((await requestOnce(`${gateway.url}/hooks/wake`, { headers: client })).status).toBe(405);
    expect((await guess(via('203.0.113.11'), HOOK_TOKEN)).status).toBe(400);
    // The gateway's secret has a count of its own.
    const headers = { ...client, authorization: `Bearer ${TOKEN}` };
    expect((await requestOnce(`${gateway.url}/v1/models`, { headers })).status).toBe(200);
  });

  it('begins anew when it has shown the right token', async () => {
    const client = via('203.0.113.12');
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 19; n += 1) expect((await guess(client)).status).toBe(401);
      expect((await guess(client, HOOK_TOKEN)).status).toBe(400);
    }
  });

  it('is locked out on this machine, too', async (test) => {
    const other = await startFor(test, { config: withHooks() });
    const at = (token: string): Promise<OnceAnswer> =>
      postHook(other, 'wake', {}, { authorization: `Bearer ${token}` });
    for (let n = 0; n < 20; n += 1) expect((await at('a guess')).status).toBe(401);
    expect((await at(HOOK_TOKEN)).status).toBe(429);
    const count = async (reason: string): Promise<number> =>
      (await scrape(other.url)).total('pllan_auth_failures_total', { reason });
    await waitFor('the counts', async () => (await count('hook_token_mismatch')) === 20);
    expect(await count('rate_limited')).toBe(1);
  });
});

it('hooks are where the configuration says, before anything else that may be there', async (test) => {
  const other = await startFor(test, { config: withHooks({ path: '/v1/' }) });
  const models = await requestOnce(`${other.url}/v1/models`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect([models.status, models.headers.allow]).toEqual([405, 'POST']);
  const headers = { 'x-pllan-token': HOOK_TOKEN };
  const answer = await requestOnce(`${other.url}/v1/wake/`, {
    method: 'POST',
    headers,
    body: '{"text":"x"}',
  });
  expect(answer.status).toBe(200);
  expect((await postHook(other, 'wake', wake)).status).toBe(404);
});

it('there are none unless they are switched on', async (test) => {
  const other = await startFor(test, { config: { hooks: { token: HOOK_TOKEN } } });
  expect(await told(postHook(other, 'wake', wake))).toEqual([404, 'Not Found']);
});

it('a token that is that of the gateway is warned of', async (test) => {
  const other = await startFor(test, { config: withHooks({ token: TOKEN }) });
  expect(
    other
      .logLines()
      .some(({ message }) => String(message).startsWith('hooks.token is the secret of the gateway')),
  ).toBe(true);
});
