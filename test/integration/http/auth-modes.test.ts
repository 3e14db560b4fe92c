/** HTTP with a password, and without any secret, where the names that are used decide (http.md §3). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { greeting } from '../../support/chat.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';

type Headers = Readonly<Record<string, string>>;

describe('in mode password', () => {
  const password = 'a pass phrase';
  let gateway: TestGateway;
  beforeAll(async () => {
    const auth = { mode: 'password', password, token: TOKEN };
    gateway = await startGateway({ config: { gateway: { auth } } });
  });
  afterAll(() => gateway.stop());

  it('the password is the credential, for routes and for metrics', async () => {
    for (const path of ['/v1/models', '/metrics']) {
      const authorization = `Bearer ${password}`;
      expect((await requestOnce(gateway.url + path, { headers: { authorization } })).status).toBe(200);
    }
  });

  it('x-pllan-scopes is ignored', async () => {
    const headers = { authorization: `Bearer ${password}`, 'x-pllan-scopes': '' };
    expect((await requestOnce(`${gateway.url}/v1/models`, { headers })).status).toBe(200);
  });

  it('a token is not', async () => {
    for (const authorization of [`Bearer ${TOKEN}`, 'Bearer wrong']) {
      const { status, body } = await requestOnce(`${gateway.url}/v1/models`, { headers: { authorization } });
      expect(status).toBe(401);
      expect(JSON.parse(body)).toEqual({ error: { message: 'Unauthorized', type: 'unauthorized' } });
    }
  });
});

describe('in mode none', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const controlUi = { allowedOrigins: ['https://ui.example.com', 'http://box.example:8080'] };
    gateway = await startGateway({ config: { gateway: { auth: { mode: 'none' }, controlUi } } });
  });
  afterAll(() => gateway.stop());

  const models = (headers: Headers): Promise<OnceAnswer> =>
    requestOnce(`${gateway.url}/v1/models`, { headers });

  it.each<[string, Headers]>([
    ['localhost', { host: 'localhost:18789' }],
    ['an address', { host: '192.0.2.7:18789' }],
    ['an IPv6 address', { host: '[2001:db8::1]:18789' }],
    ['a name under .local', { host: 'box.local' }],
    ['a name under .ts.net', { host: 'box.tail1234.ts.net' }],
    ['the host of an allowed origin', { host: 'ui.example.com' }],
    ['the host and port of an allowed origin', { host: 'BOX.example:8080' }],
    ['a credential that nobody needs', { host: 'localhost', authorization: 'Bearer whatever' }],
    ['an Origin on loopback', { host: 'localhost', origin: 'http://localhost:5173' }],
    ['an allowed Origin', { host: 'ui.example.com', origin: 'https://ui.example.com' }],
    ['its own Origin by a private address', { host: '10.0.0.7:1', origin: 'http://10.0.0.7:1' }],
  ])('%s is served', async (_what, headers) => {
    expect((await models(headers)).status).toBe(200);
  });

  it.each<[string, Headers]>([
    ['a public name, perhaps one bound anew', { host: 'rebound.example' }],
    ['a name that only ends like localhost', { host: 'notlocalhost' }],
    ['a name that only begins like one', { host: 'localhost.example' }],
    ['another port of an allowed origin', { host: 'box.example:9' }],
    ['a strange Origin', { host: 'localhost', origin: 'https://evil.example' }],
    ['an Origin that is null', { host: 'localhost', origin: 'null' }],
  ])('%s is refused with 403, before the body is read', async (_what, headers) => {
    const attempts = [
      await models(headers),
      await requestOnce(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body: '{' }),
      await requestOnce(`${gateway.url}/metrics`, { headers }),
    ];
    for (const { status, body } of attempts) {
      expect(status).toBe(403);
      expect(JSON.parse(body)).toMatchObject({ error: { type: 'forbidden', message: expect.any(String) } });
    }
  });

  it.each<[string, Headers]>([
    ['X-Forwarded-For', { 'x-forwarded-for': '203.0.113.9' }],
    ['Forwarded', { forwarded: 'for=203.0.113.9' }],
    ['X-Real-IP', { 'x-real-ip': '203.0.113.9' }],
    ['X-Forwarded-Proto', { 'x-forwarded-proto': 'https' }],
  ])('what a proxy brings that is not trusted is refused: %s', async (_what, headers) => {
    for (const path of ['/v1/models', '/metrics']) {
      const { status, body } = await requestOnce(gateway.url + path, {
        headers: { host: 'localhost', ...headers },
      });
      expect(status).toBe(403);
      expect(JSON.parse(body)).toEqual({
        error: { message: expect.any(String), type: 'proxy_attribution_required' },
      });
    }
    const told = gateway.logLines().filter(({ event }) => event === 'port.untrusted-proxy');
    expect(told.length).toBeLessThanOrEqual(1);
  });

  it('x-pllan-scopes restricts whoever sends it', async () => {
    const none = { host: 'localhost', 'x-pllan-scopes': '' };
    expect((await models(none)).status).toBe(403);
    expect((await models({ ...none, 'x-pllan-scopes': 'operator.read' })).status).toBe(200);
  });

  it.each([
    ['GET', '/v1/models', 'read'],
    ['HEAD', '/v1/models/pllan', 'read'],
    ['POST', '/v1/chat/completions', 'write'],
    ['POST', '/v1/responses', 'write'],
    ['POST', '/tools/invoke', 'write'],
    ['GET', '/sessions/main/history', 'read'],
    ['POST', '/sessions/main/kill', 'admin'],
    ['GET', '/metrics', 'read'],
    ['GET', '/control-ui-config.json', 'read'],
  ])('%s %s takes operator.%s', async (method, path, name) => {
    const scope = `operator.${name}`;
    const others = ['operator.read', 'operator.write', 'operator.admin', 'operator.pairing'];
    // Admin includes the others, and write reading.
    const less = { read: [], write: ['operator.read'], admin: others.filter((one) => one !== scope) }[name];
    for (const scopes of ['', less?.join() ?? '']) {
      const headers = { host: 'localhost', 'x-pllan-scopes': scopes };
      const { status, body } = await requestOnce(gateway.url + path, { method, headers });
      expect(status).toBe(403);
      if (method === 'HEAD') continue;
      expect(JSON.parse(body)).toEqual({
        ok: false,
        error: {
          type: 'forbidden',
          message: `missing scope: ${scope}`,
          details: { code: 'MISSING_SCOPE', missingScope: scope, requiredScopes: [scope] },
        },
      });
    }
  });

  it('a completion needs nothing', async () => {
    const init = { method: 'POST', body: JSON.stringify(greeting) };
    expect((await requestOnce(`${gateway.url}/v1/chat/completions`, init)).status).toBe(200);
  });

  it('probes answer by any name', async () => {
    expect((await requestOnce(`${gateway.url}/healthz`, { headers: { host: 'lb.example' } })).status).toBe(
      200,
    );
  });
});
