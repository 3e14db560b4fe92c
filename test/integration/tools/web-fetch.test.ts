/** `web_fetch` through a running gateway: what is not on the public internet is not asked, whichever way it is named. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { postInvoke } from '../../support/tool-calls.js';
import { waitFor } from '../../support/wait-for.js';
import { networkEnv, PUBLIC, startSite, type LocalSite } from '../../support/tool-network.js';

const PRIVATE = '127.0.0.1';
const hosts = {
  'site.test': [[PUBLIC]],
  'inside.test': [[PRIVATE]],
  'inside6.test': [['::1']],
  'mixed.test': [[PUBLIC, PRIVATE]],
  'metadata.test': [['169.254.169.254']],
  // Public when it is looked up first, and private ever after.
  'rebound.test': [[PUBLIC], [PRIVATE]],
};
let gateway: TestGateway;
let site: LocalSite;
let inside: LocalSite;
beforeAll(async () => {
  site = await startSite(PUBLIC, (request, response) => {
    const to = new URL(request.url ?? '/', 'http://x').searchParams.get('to');
    if (to !== null) response.writeHead(302, { location: to }).end();
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('of the site');
  });
  // On the same port, so that a name alone leads from one to the other.
  inside = await startSite(PRIVATE, (_request, response) => void response.end('secret'), site.port);
  gateway = await startGateway({
    config: {
      tools: { allow: ['web_fetch'], web: { timeoutMs: 10_000 } },
      gateway: { workers: { count: 1 } },
    },
    env: networkEnv(hosts),
  });
});
afterAll(() => gateway.stop());

const fetchPage = (url: string) => postInvoke(gateway, { tool: 'web_fetch', args: { url } });
const refused = (problem: string): object => ({
  ok: false,
  error: { type: 'tool_error', message: `the page was not fetched: ${problem}` },
});
const notPublic = 'the host is not on the public internet';
const localName = 'the host is a name of the local network';
const redirectTo = (url: string): string => `http://site.test:${site.port}/?to=${encodeURIComponent(url)}`;

it('a page of the internet is fetched, after redirects too', async () => {
  for (const url of [`http://site.test:${site.port}/`, redirectTo('/there')]) {
    const { status, body } = await fetchPage(url);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('of the site');
  }
});

describe('what is not public is not asked', () => {
  const targets: readonly (readonly [string, string])[] = [
    ['http://127.0.0.1:PORT/', notPublic],
    ['http://127.1:PORT/', notPublic],
    ['http://2130706433:PORT/', notPublic],
    ['http://0177.0.0.1:PORT/', notPublic],
    ['http://0x7f000001:PORT/', notPublic],
    ['http://0.0.0.0:PORT/', notPublic],
    ['http://[::1]:PORT/', notPublic],
    ['http://[::]:PORT/', notPublic],
    ['http://[::ffff:127.0.0.1]:PORT/', notPublic],
    ['http://[::ffff:7f00:1]:PORT/', notPublic],
    ['http://[64:ff9b::7f00:1]:PORT/', notPublic],
    ['http://[2002:7f00:1::]:PORT/', notPublic],
    ['http://[fe80::1]:PORT/', notPublic],
    ['http://[fc00::1]:PORT/', notPublic],
    ['http://10.0.0.1:PORT/', notPublic],
    ['http://172.16.0.1:PORT/', notPublic],
    ['http://192.168.0.1:PORT/', notPublic],
    ['http://100.64.0.1:PORT/', notPublic],
    ['http://169.254.1.1:PORT/', notPublic],
    ['http://169.254.169.254/latest/meta-data/', notPublic],
    ['http://[fd00:ec2::254]/latest/meta-data/', notPublic],
    ['http://168.63.129.16/', notPublic],
    ['http://inside.test:PORT/', notPublic],
    ['http://inside6.test:PORT/', notPublic],
    ['http://mixed.test:PORT/', notPublic],
    ['http://metadata.test/', notPublic],
    ['http://localhost:PORT/', localName],
    ['http://LOCALHOST.:PORT/', localName],
    ['http://metadata.google.internal/', localName],
    ['http://printer.local/', localName],
    ['http://user:password@site.test:PORT/', 'the URL must not contain credentials'],
    ['file:///etc/passwd', 'only http and https URLs can be fetched'],
    ['gopher://site.test:PORT/', 'only http and https URLs can be fetched'],
  ];

  it.each(targets)('%s, itself or through a redirect', async (target, problem) => {
    const url = target.replace('PORT', String(site.port));
    for (const asked of [url, redirectTo(url)]) {
      const { status, body } = await fetchPage(asked);
      expect([status, body]).toEqual([400, refused(problem)]);
    }
    expect(inside.connections).toBe(0);
  });

  it('a name is looked up once for a connection, and again for the next one', async () => {
    const rebound = `http://rebound.test:${site.port}`;
    const { status, body } = await fetchPage(`${rebound}/`);
    expect([status, JSON.stringify(body)]).toEqual([200, expect.stringContaining('of the site')]);
    const again = await fetchPage(`${rebound}/?to=/again`);
    expect([again.status, again.body]).toEqual([400, refused(notPublic)]);
    expect(inside.connections).toBe(0);
  });
});

it('why a page could not be had is in the log, and its address is not', async () => {
  const { status, body } = await fetchPage('http://site.test:1/?key=in-the-address');
  expect([status, body]).toEqual([
    500,
    { ok: false, error: { type: 'tool_error', message: 'tool execution failed' } },
  ]);
  await waitFor('the line', () => gateway.output().includes('the host could not be asked: ECONNREFUSED'));
  expect(gateway.output() + JSON.stringify(gateway.logLines())).not.toContain('in-the-address');
});
