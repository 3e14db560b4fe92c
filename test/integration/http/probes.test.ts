/** The probes, which answer whatever else goes on (http.md §2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { openRaw, rawRequest } from '../../support/raw-connection.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';
import { within } from '../../support/wait-for.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<OnceAnswer> {
  return requestOnce(gateway.url + path, { method, headers });
}

const paths = ['/health', '/healthz', '/ready', '/readyz', '/startup', '/startupz'];

describe.each(paths)('%s', (path) => {
  it.each(['', '/', '?x=1', '/?x=1'])('answers without a credential (%j)', async (suffix) => {
    const { status, headers } = await ask(path + suffix);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('answers HEAD without a body', async () => {
    const { status, headers, body } = await ask(path, {}, 'HEAD');
    expect([status, body]).toEqual([200, '']);
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('has no %s', async (method) => {
    const { status, headers, body } = await ask(path, {}, method);
    expect([status, headers.allow, body]).toEqual([405, 'GET, HEAD', 'Method Not Allowed']);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  });
});

it.each(['/health', '/healthz'])('%s says that the gateway lives', async (path) => {
  expect(JSON.parse((await ask(path)).body)).toEqual({ ok: true, status: 'live' });
});

it.each(['/startup', '/startupz'])('%s says that it has started', async (path) => {
  expect(JSON.parse((await ask(path)).body)).toEqual({ ok: true, status: 'started' });
});

describe.each(['/ready', '/readyz'])('%s', (path) => {
  const detailed = {
    ready: true,
    failing: [],
    uptimeMs: expect.any(Number),
    eventLoop: expect.objectContaining({ degraded: expect.any(Boolean) }),
  };

  it('tells a local caller more', async () => {
    expect(JSON.parse((await ask(path)).body)).toEqual(detailed);
  });

  it.each([
    ['a proxy', { 'x-forwarded-for': '203.0.113.9' }],
    ['another name', { host: 'gateway.example' }],
    ['a proxy with a wrong credential', { 'x-real-ip': '203.0.113.9', authorization: 'Bearer wrong' }],
  ])('tells whoever comes by %s only whether it is ready', async (_what, headers) => {
    expect(JSON.parse((await ask(path, headers)).body)).toEqual({ ready: true });
  });

  it('tells whoever has the token more, from anywhere', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9', authorization: `Bearer ${TOKEN}` };
    expect(JSON.parse((await ask(path, headers)).body)).toEqual(detailed);
  });
});

describe('an answer of the primary arrives whole', () => {
  const large = 'x'.repeat(8 * 1024 * 1024);

  it.each([
    ['before a body that nobody wants', rawRequest({ method: 'POST', path: '/healthz', body: large }), 405],
    [
      'before another request',
      rawRequest({ path: '/metrics' }) + rawRequest({ method: 'POST', path: '/v1/models', body: large }),
      200,
    ],
  ])('%s', async (_what, bytes, status) => {
    const connection = await openRaw(gateway.port);
    await Promise.race([connection.write(bytes), connection.ended]);
    await within('end of the connection', connection.ended);
    expect(connection.answers()).toMatchObject([{ status, headers: { connection: 'close' } }]);
    connection.destroy();
  });
});
