/** The web page: its files, and nothing else of the disk; which paths it has, and which it leaves to others (http.md §1, §13). */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer } from '../../support/chat.js';
import { startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { openRaw, rawRequest } from '../../support/raw-connection.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';

const INLINE = "document.title = 'x';";
const INDEX = `<!doctype html><title>own</title><script>${INLINE}</script><script src="/a.js"></script>`;
const NOT_FOUND_TEXT = 'Not Found';

const root = temporaryDir();
const outside = temporaryDir();
let own: TestGateway;
let below: TestGateway;
let packaged: TestGateway;
let off: TestGateway;

function fill(): void {
  mkdirSync(join(root, 'assets'), { recursive: true });
  mkdirSync(join(root, '.git'), { recursive: true });
  mkdirSync(join(root, 'v1'), { recursive: true });
  writeFileSync(join(root, 'index.html'), INDEX);
  writeFileSync(join(root, 'assets', 'app-1a2b.js'), 'export {};');
  writeFileSync(join(root, 'a b.txt'), 'with a blank');
  writeFileSync(join(root, 'health'), 'a file of this name');
  writeFileSync(join(root, '.git', 'config'), 'hidden');
  writeFileSync(join(root, '.env'), 'hidden');
  writeFileSync(join(root, 'v1', 'models'), 'a file of this name');
  writeFileSync(join(root, 'large.bin'), Buffer.alloc(3 * 1024 * 1024, 7));
  writeFileSync(join(outside, 'secret.txt'), 'secret');
  symlinkSync(join(outside, 'secret.txt'), join(root, 'link.txt'));
  symlinkSync(outside, join(root, 'linked'));
  symlinkSync(join(root, 'a b.txt'), join(root, 'inside.txt'));
}

beforeAll(async () => {
  fill();
  const http = { securityHeaders: { strictTransportSecurity: 'max-age=1' } };
  own = await startGateway({ config: { gateway: { http, controlUi: { root } } } });
  below = await startGateway({ config: { gateway: { controlUi: { root, basePath: 'ui/' } } } });
  packaged = await startGateway({ config: { agents: { list: [{ id: 'main', name: 'Ada' }] } } });
  off = await startGateway({ config: { gateway: { controlUi: { enabled: false } } } });
});
afterAll(() => Promise.all([own, below, packaged, off].map((gateway) => gateway.stop())));

function get(gateway: TestGateway, path: string, init: RequestInit = {}): Promise<OnceAnswer> {
  return requestOnce(gateway.url + path, init);
}

/** As it stands: other clients take `..` out of a path before they send it. */
async function getRaw(gateway: TestGateway, path: string): Promise<{ status: number; body: string }> {
  const connection = await openRaw(gateway.port);
  await connection.write(rawRequest({ path, headers: { Connection: 'close' } }));
  const [answer] = await connection.answered(1);
  connection.destroy();
  return { status: answer?.status ?? 0, body: answer?.body ?? '' };
}

describe('every answer', () => {
  it.each(['/', '/assets/app-1a2b.js', '/none.js', '/some/view'])(
    'has the headers of a page: %s',
    async (path) => {
      const { headers } = await get(own, path);
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=1',
      });
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; script-src 'self'[^;]*; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; media-src 'self' data: blob:; font-src 'self'; worker-src 'self'; connect-src 'self' ws: wss:$/,
      );
      expect(headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it('allows the scripts that stand in the page, and no other', async () => {
    const hash = createHash('sha256').update(INLINE).digest('base64');
    const { headers } = await get(own, '/');
    expect(headers['content-security-policy']).toContain(`script-src 'self' 'sha256-${hash}';`);
  });
});

describe('a file', () => {
  it.each([
    ['/', INDEX, 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', INDEX, 'text/html; charset=utf-8', 'no-cache'],
    [
      '/assets/app-1a2b.js',
      'export {};',
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ],
    ['/a%20b.txt?x=y', 'with a blank', 'text/plain; charset=utf-8', 'no-cache'],
    ['/inside.txt', 'with a blank', 'text/plain; charset=utf-8', 'no-cache'],
  ])('%s is served without a credential', async (path, body, type, cache) => {
    const answer = await get(own, path);
    expect([answer.status, answer.body]).toEqual([200, body]);
    expect(answer.headers).toMatchObject({ 'content-type': type, 'cache-control': cache });
    const head = await get(own, path, { method: 'HEAD' });
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', String(body.length)]);
  });

  it('that is large comes whole', async () => {
    const { status, body } = await get(own, '/large.bin');
    expect([status, body.length]).toEqual([200, 3 * 1024 * 1024]);
  });

  it('that the client has already is not sent again', async () => {
    for (const path of ['/', '/assets/app-1a2b.js']) {
      const { headers } = await get(own, path);
      const { etag = '', 'last-modified': modified = '' } = headers;
      for (const known of [{ 'if-none-match': `"x", ${etag}` }, { 'if-modified-since': modified }]) {
        const again = await get(own, path, { headers: known });
        expect([again.status, again.body]).toEqual([304, '']);
      }
      expect((await get(own, path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    }
  });

  it.each([
    '/link.txt',
    '/linked/secret.txt',
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2f..%2fetc%2fpasswd.txt',
    '/%2e%2e/%2e%2e/etc/passwd.txt',
    '/..%5c..%5cwindows.txt',
    '/.env',
    '/.git/config',
    '/assets/%00.js',
    '/%zz',
    '//etc/passwd.txt',
    '/assets/none.js',
  ])('that is none of the page’s is 404: %s', async (path) => {
    expect(await getRaw(own, path)).toEqual({ status: 404, body: NOT_FOUND_TEXT });
  });

  it('that is not there is the page itself where the path could be a view of it', async () => {
    for (const path of ['/chat', '/some/deep/view', '/assets', '/linked'])
      expect([path, (await get(own, path)).body]).toEqual([path, INDEX]);
  });
});

describe('what is not the page’s', () => {
  it('is answered by whoever has it, also where there is a file of that name', async () => {
    expect((await get(own, '/health')).body).toBe('{"ok":true,"status":"live"}');
    expect((await get(own, '/v1/models')).status).toBe(401);
    expect((await get(own, '/metrics')).status).toBe(401);
  });

  it.each(['/api/x', '/v1', '/v1/none', '/hooks', '/hooks/x', '/tools/x', '/plugins/a/b'])(
    '%s never shows the page',
    async (path) => {
      const { status, body } = await get(own, path);
      expect([status, body]).toEqual([404, NOT_FOUND_TEXT]);
    },
  );

  it('other methods are none of its', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect([method, (await get(own, '/', { method })).status]).toEqual([method, 404]);
  });
});

describe('below a path of its own', () => {
  it('everything is there, and nothing beside it', async () => {
    const moved = await get(below, '/ui?a=b');
    expect([moved.status, moved.headers.location]).toEqual([302, '/ui/?a=b']);
    for (const path of ['/ui/', '/ui/chat', '/ui/v1/none'])
      expect([path, (await get(below, path)).body]).toEqual([path, INDEX]);
    expect((await get(below, '/ui/assets/app-1a2b.js')).status).toBe(200);
    for (const path of ['/', '/uix', '/chat', '/assets/app-1a2b.js', '/ui/.env', '/ui/none.js'])
      expect([path, (await get(below, path)).status]).toEqual([path, 404]);
  });

  it('its settings say so', async () => {
    const { body } = await get(below, '/ui/control-ui-config.json', { headers: bearer });
    expect(JSON.parse(body)).toMatchObject({ basePath: '/ui' });
    expect((await get(below, '/control-ui-config.json', { headers: bearer })).status).toBe(404);
  });
});

describe('control-ui-config.json', () => {
  it.each(['/control-ui-config.json', '/__openclaw/control-ui-config.json'])(
    '%s is for who has the token',
    async (path) => {
      expect((await get(packaged, path)).status).toBe(401);
      const { status, body, headers } = await get(packaged, path, { headers: bearer });
      expect(status).toBe(200);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
      expect(JSON.parse(body)).toEqual({
        basePath: '',
        assistantName: 'Ada',
        assistantAvatar: 'A',
        assistantAgentId: 'main',
        serverVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
      });
    },
  );
});

it('without a root the gateway’s own page is served, with no script in it', async () => {
  const { status, body, headers } = await get(packaged, '/');
  expect(status).toBe(200);
  expect(body).toContain('<script type="module" src="./main.js"></script>');
  expect(headers['content-security-policy']).toContain("script-src 'self';");
  for (const path of ['/main.js', '/connection.js', '/style.css'])
    expect([path, (await get(packaged, path)).status]).toEqual([path, 200]);
});

it('switched off, there is no page and no setting of it', async () => {
  for (const path of ['/', '/main.js', '/control-ui-config.json'])
    expect([path, (await get(off, path, { headers: bearer })).status]).toEqual([path, 404]);
});

it('a root that is gone is told with 503', async () => {
  rmSync(root, { recursive: true });
  const { status, body, headers } = await get(own, '/');
  expect(status).toBe(503);
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(body).toMatch(/^Control UI assets not found\. /);
});
