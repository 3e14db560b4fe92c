/** Paths, methods, order of the checks and headers of every answer (http.md §1, §3, §4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, greeting, postChat, readStream } from '../../support/chat.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { openRaw, rawRequest } from '../../support/raw-connection.js';

const HSTS = 'max-age=31536000; includeSubDomains';

let gateway: TestGateway;
let bare: TestGateway;

beforeAll(async () => {
  const http = { securityHeaders: { strictTransportSecurity: HSTS } };
  [gateway, bare] = await Promise.all([
    startGateway({ config: { gateway: { http, controlUi: { enabled: false } } } }),
    startGateway({
      config: {
        gateway: {
          http: { endpoints: { chatCompletions: { enabled: false }, responses: { enabled: false } } },
        },
        diagnostics: { prometheus: { enabled: false } },
      },
    }),
  ]);
});
afterAll(() => Promise.all([gateway.stop(), bare.stop()]));

function ask(path: string, init: RequestInit = {}, on: TestGateway = gateway): Promise<Response> {
  return fetch(on.url + path, { headers: bearer, ...init });
}

const chat = {
  method: 'POST',
  headers: { ...bearer, 'content-type': 'application/json' },
  body: JSON.stringify(greeting),
};

describe('a path', () => {
  it.each([
    '/',
    '/nothing',
    '/v1',
    '/v1/',
    '/v1/chat',
    '/v1/chat/completions/more',
    '/V1/models',
    '//v1/models',
    '/v1/%zz',
    '/healthzz',
  ])('%s that is unknown is 404, as text, with or without a credential', async (path) => {
    for (const headers of [bearer, {}]) {
      const response = await ask(path, { headers });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await response.text()).toBe('Not Found');
    }
  });

  it.each([
    '/v1/models?limit=3',
    '/v1/models?',
    '/v1/models?/x',
    '/v1/models/pllan/',
    '/v1/models/pllan/?a=b',
  ])('%s is matched without its query and one slash at its end', async (path) => {
    expect((await ask(path)).status).toBe(200);
  });

  it.each(['/v1/chat/completions?a=b', '/v1/chat/completions/'])('%s likewise', async (path) => {
    expect((await ask(path, chat)).status).toBe(200);
  });

  it('with two slashes at its end is another one', async () => {
    expect((await ask('/v1/chat/completions//', chat)).status).toBe(404);
  });
});

describe('a method', () => {
  it.each([
    ['/v1/chat/completions', ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], 'POST'],
    ['/v1/models', ['POST', 'PUT', 'DELETE', 'OPTIONS'], 'GET, HEAD'],
    ['/v1/models/pllan', ['POST', 'DELETE'], 'GET, HEAD'],
  ])('that %s does not have (%j) is 405 and names those that it has', async (path, methods, allow) => {
    for (const method of methods) {
      const response = await ask(path, { method });
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, allow]);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await response.text()).toBe(method === 'HEAD' ? '' : 'Method Not Allowed');
    }
  });

  it('HEAD has the headers of GET and no body', async () => {
    for (const path of ['/v1/models', '/v1/models/pllan', '/nothing']) {
      const [got, head] = [await ask(path), await ask(path, { method: 'HEAD' })];
      expect(head.status).toBe(got.status);
      for (const name of ['content-type', 'content-length'])
        expect(head.headers.get(name)).toBe(got.headers.get(name));
      expect(await head.text()).toBe('');
    }
  });

  it('that is wrong, with a body, leaves the connection usable', async () => {
    const connection = await openRaw(gateway.port);
    await connection.write(rawRequest({ method: 'PUT', path: '/v1/models', body: 'x'.repeat(10_000) }));
    await connection.write(rawRequest({ path: '/v1/models' }));
    const answers = await connection.answered(2);
    expect(answers.map(({ status }) => status)).toEqual([405, 200]);
    connection.destroy();
  });
});

describe('a page of another origin', () => {
  it.each(['/v1/chat/completions', '/v1/models', '/healthz', '/metrics'])(
    'that asks whether it may use %s is told nothing of the kind',
    async (path) => {
      const headers = {
        origin: 'https://page.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      };
      const response = await ask(path, { method: 'OPTIONS', headers });
      expect(response.status).toBe(405);
      const names = [...response.headers.keys()];
      expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
    },
  );

  it('gets answers that its browser does not show it', async () => {
    const response = await ask('/v1/models', { headers: { ...bearer, origin: 'https://page.example' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the order of the checks', () => {
  it.each([
    ['404 before 405 and 401', '/nothing', { method: 'POST', headers: {} }, 404],
    ['405 before 401', '/v1/chat/completions', { headers: {} }, 405],
    ['401 before 400', '/v1/chat/completions', { method: 'POST', headers: {}, body: '{' }, 401],
    ['401 before 404 of a model', '/v1/models/none', { headers: {} }, 401],
    ['401 before 400 of a model', '/v1/models/%zz', { headers: {} }, 401],
  ])('%s', async (_what, path, init, status) => {
    expect((await ask(path, init)).status).toBe(status);
  });
});

describe('a credential', () => {
  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['one that is longer', { authorization: `Bearer ${TOKEN}x` }],
    ['one that is shorter', { authorization: `Bearer ${TOKEN.slice(1)}` }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['no scheme', { authorization: TOKEN }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['one of another header', { 'x-api-key': TOKEN }],
  ])('%s is 401 with one exact body', async (_what, headers) => {
    for (const [path, init] of [
      ['/v1/models', {}],
      ['/v1/chat/completions', { method: 'POST' }],
    ] as const) {
      const response = await ask(path, { ...init, headers: headers as Record<string, string> });
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.text()).toBe('{"error":{"message":"Unauthorized","type":"unauthorized"}}');
    }
  });

  it('in the query is none', async () => {
    expect((await ask(`/v1/models?token=${TOKEN}`, { headers: {} })).status).toBe(401);
  });

  it.each(['Bearer', 'bearer', 'BEARER'])('with scheme %s counts', async (scheme) => {
    expect((await ask('/v1/models', { headers: { authorization: `${scheme} ${TOKEN}` } })).status).toBe(200);
  });
});

describe('every answer', () => {
  it.each<[string, () => Promise<Response>]>([
    ['200 JSON', () => ask('/v1/models')],
    ['200 chat', () => ask('/v1/chat/completions', chat)],
    ['200 SSE', () => postChat(gateway, { ...greeting, stream: true })],
    ['400', () => ask('/v1/chat/completions', { ...chat, body: '{' })],
    ['401', () => ask('/v1/models', { headers: {} })],
    ['404 text', () => ask('/nothing')],
    ['404 model', () => ask('/v1/models/pllan%2Fnone')],
    ['405', () => ask('/v1/models', { method: 'POST' })],
    ['200 probe', () => ask('/healthz')],
    ['405 probe', () => ask('/healthz', { method: 'POST' })],
    ['200 metrics', () => ask('/metrics')],
    ['401 metrics', () => ask('/metrics', { headers: {} })],
  ])('has the security headers: %s', async (_what, answer) => {
    const { headers } = await answer();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('permissions-policy')).toBe('camera=(), microphone=(self), geolocation=()');
    expect(headers.get('strict-transport-security')).toBe(HSTS);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('also one to what is no HTTP, and to a header block that is too large', async () => {
    for (const bytes of [
      '\u0016\u0003\u0001\u0000\u0001',
      rawRequest({ headers: { 'X-Big': 'x'.repeat(20_000) } }),
    ]) {
      const connection = await openRaw(gateway.port);
      await connection.write(Buffer.from(bytes, 'latin1'));
      const [answer] = await connection.answered(1);
      expect([400, 431]).toContain(answer?.status);
      expect(answer?.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'permissions-policy': 'camera=(), microphone=(self), geolocation=()',
        connection: 'close',
      });
      connection.destroy();
    }
  });

  it('without a configured value has no Strict-Transport-Security', async () => {
    for (const path of ['/nothing', '/healthz'])
      expect((await ask(path, {}, bare)).headers.get('strict-transport-security')).toBeNull();
  });
});

describe('an event stream', () => {
  it('says what it is and is kept alive', async () => {
    const response = await postChat(gateway, { ...greeting, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('connection')).toBe('keep-alive');
    expect(await readStream(response)).toMatchObject({ text: 'Hi', done: 1 });
  });
});

describe('what is switched off', () => {
  it.each([
    '/v1/chat/completions',
    '/v1/models',
    '/v1/models/pllan',
    '/metrics',
    '/api/diagnostics/prometheus',
  ])('%s is not there, whatever the method', async (path) => {
    for (const method of ['GET', 'POST']) {
      const response = await ask(path, { method }, bare);
      expect([response.status, await response.text()]).toEqual([404, 'Not Found']);
    }
  });

  it('leaves the rest', async () => {
    expect((await ask('/healthz', {}, bare)).status).toBe(200);
  });
});
