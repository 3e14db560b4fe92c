/** Fetching for strangers: where it does not go, and what it does not read. */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { FetchFailure } from '../../../src/shared/net/fetch-failure.js';
import {
  guardedFetch,
  publicNetwork,
  type Fetched,
  type FetchRequest,
  type Network,
} from '../../../src/shared/net/guarded-fetch.js';
import { site, testNetwork } from './support/site.js';

const limits = { maxBytes: 100_000, timeoutMs: 10_000, maxRedirects: 3 };

function get(url: string, network: Network, over: Partial<FetchRequest> = {}): Promise<Fetched> {
  return guardedFetch({ url, ...limits, ...over }, network);
}

function writeForEver(response: ServerResponse, bytes: Buffer): void {
  const more = (): void => {
    let isRoom = true;
    while (isRoom && !response.destroyed) isRoom = response.write(bytes);
  };
  response.on('drain', more).on('error', () => undefined);
  more();
}

async function reasonOf(fetched: Promise<unknown>): Promise<string> {
  const failure = await fetched.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(failure).toBeInstanceOf(FetchFailure);
  return (failure as FetchFailure).reason;
}

test('gives the body, its type and where it was', async () => {
  const { port } = await site((request, response) => {
    if (request.url === '/old?x=1') response.writeHead(302, { location: '../new#part' }).end('moved');
    else response.writeHead(200, { 'content-type': 'Text/HTML; Charset="UTF-8"' }).end(`<p>${request.url}`);
  });
  const fetched = await get(`http://site.test:${port}/old?x=1`, testNetwork());
  expect({ ...fetched, bytes: fetched.bytes.toString() }).toEqual({
    url: `http://site.test:${port}/new#part`,
    type: 'text/html',
    charset: 'utf-8',
    bytes: '<p>/new',
  });
});

test('names nothing of its own but its agent', async () => {
  let headers: unknown;
  const { port } = await site((request, response) => {
    headers = request.headers;
    response.end();
  });
  await get(`http://site.test:${port}/`, testNetwork());
  expect(headers).toEqual({
    host: `site.test:${port}`,
    connection: 'keep-alive',
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': 'pllan',
  });
});

test.each([
  ['a loopback address', 'http://127.0.0.1:1/'],
  ['a short one', 'http://127.1:1/'],
  ['a decimal one', 'http://2130706433:1/'],
  ['an octal one', 'http://0177.0.0.1:1/'],
  ['a hexadecimal one', 'http://0x7f.0x0.0x0.0x1:1/'],
  ['one in full-width digits', 'http://１２７.0.0.1:1/'],
  ['zero', 'http://0:1/'],
  ['loopback of IPv6', 'http://[::1]:1/'],
  ['a mapped address', 'http://[::ffff:127.0.0.1]:1/'],
  ['a mapped address in hex', 'http://[::ffff:7f00:1]:1/'],
  ['NAT64', 'http://[64:ff9b::7f00:1]:1/'],
  ['link-local', 'http://[fe80::1]:1/'],
  ['a private address', 'http://192.168.0.1:1/'],
  ['carrier-grade NAT', 'http://100.64.0.1:1/'],
  ['metadata', 'http://169.254.169.254/latest/meta-data/'],
  ['metadata of IPv6', 'http://[fd00:ec2::254]/latest/'],
])('does not ask %s', async (_what, url) => {
  expect(await reasonOf(guardedFetch({ url, ...limits }))).toBe('blocked-address');
});

test.each([
  'localhost',
  'LOCALHOST.',
  'a.localhost',
  'printer.local',
  'metadata.google.internal',
  'x.home.arpa',
])('does not ask for %s, whatever it resolves to', async (host) => {
  const network = testNetwork();
  expect(await reasonOf(get(`http://${host}/`, network))).toBe('blocked-host');
  expect(network.resolved).toEqual([]);
});

test.each([
  '',
  '/path',
  'ftp://site.test/',
  'file:///etc/passwd',
  'data:text/plain,x',
  'http://u:p@site.test/',
  'http://u@site.test/',
])('refuses %j as a URL', async (url) => {
  expect(await reasonOf(get(url, testNetwork()))).toBe('url');
});

test.each([
  ['private', ['10.0.0.1']],
  ['public and private', ['93.184.216.34', '10.0.0.1']],
  ['mapped loopback', ['::ffff:127.0.0.1']],
])('does not connect to a name whose addresses are %s', async (_what, addresses) => {
  const { port, asked } = await site((_request, response) => void response.end());
  const network = testNetwork({ 'evil.test': [addresses] });
  expect(await reasonOf(get(`http://evil.test:${port}/`, network))).toBe('blocked-address');
  expect(asked).toEqual([]);
});

test('a name that leads elsewhere the second time is resolved only once', async () => {
  const { port, asked } = await site((_request, response) => void response.end('inside'));
  // Nothing listens at 127.0.0.2, which stands for a public host; 127.0.0.1 is the gateway's own machine.
  const network = {
    ...testNetwork({ 'rebind.test': [['127.0.0.2'], ['127.0.0.1']] }),
    isAllowedAddress: (address: string) => address === '127.0.0.2',
  };
  expect(await reasonOf(get(`http://rebind.test:${port}/`, network))).toBe('network');
  expect(network.resolved).toEqual(['rebind.test']);
  expect(asked).toEqual([]);
});

test('a redirect is checked as the first URL was, and its name resolved anew', async () => {
  let location = '';
  const { port, asked } = await site(
    (_request, response) => void response.writeHead(307, { location }).end(),
  );
  const network = testNetwork({
    'inside.test': [['10.1.2.3']],
    'rebind.test': [['127.0.0.1'], ['10.0.0.1']],
  });
  const redirected = (to: string, host = 'site.test'): Promise<string> => {
    location = to;
    return reasonOf(get(`http://${host}:${port}/`, network, { allowedHosts: ['*.test', '10.0.0.1'] }));
  };
  expect(await redirected('http://10.0.0.1/')).toBe('blocked-address');
  expect(await redirected('http://inside.test/')).toBe('blocked-address');
  expect(await redirected('http://localhost/')).toBe('blocked-host');
  expect(await redirected('http://other.example/')).toBe('blocked-host');
  expect(await redirected('file:///etc/passwd')).toBe('url');
  expect(await redirected('http://user:secret@site.test/')).toBe('url');
  expect(await redirected('/again', 'rebind.test')).toBe('blocked-address');
  expect(asked.filter((path) => path !== '/')).toEqual([]);
});

test('follows so many redirects and no more', async () => {
  const { port, asked } = await site((request, response) => {
    const n = Number(request.url?.slice(1));
    response.writeHead(301, { location: `/${n + 1}` }).end();
  });
  expect(await reasonOf(get(`http://site.test:${port}/0`, testNetwork()))).toBe('redirects');
  expect(asked).toEqual(['/0', '/1', '/2', '/3']);
  expect(await reasonOf(get(`http://site.test:${port}/0`, testNetwork(), { maxRedirects: 0 }))).toBe(
    'redirects',
  );
});

test('holds hosts to the list', async () => {
  const { port } = await site((_request, response) => void response.end('ok'));
  const outcome = (host: string, allowedHosts: readonly string[]): Promise<string> =>
    get(`http://${host}:${port}/`, testNetwork(), { allowedHosts }).then(
      () => 'fetched',
      (failure: FetchFailure) => failure.reason,
    );
  expect(await outcome('site.test', ['site.test'])).toBe('fetched');
  expect(await outcome('SITE.test.', ['Site.Test'])).toBe('fetched');
  expect(await outcome('a.site.test', ['*.site.test'])).toBe('fetched');
  expect(await outcome('a.b.site.test', ['*.site.test'])).toBe('fetched');
  expect(await outcome('b\u00fccher.test', ['b\u00fccher.test'])).toBe('fetched');
  expect(await outcome('site.test', ['*.site.test'])).toBe('blocked-host');
  expect(await outcome('evilsite.test', ['*.site.test', 'site.test'])).toBe('blocked-host');
  expect(await outcome('site.test.evil.test', ['site.test'])).toBe('blocked-host');
  expect(await outcome('site.test', [])).toBe('blocked-host');
  expect(await outcome('site.test', ['*.', '', '*'])).toBe('blocked-host');
});

test('being on the list does not make an address public', async () => {
  const network = testNetwork({ 'inside.test': [['10.0.0.1']] });
  const fetched = get('http://inside.test/', network, { allowedHosts: ['inside.test'] });
  expect(await reasonOf(fetched)).toBe('blocked-address');
});

test('reads only what is of an allowed type', async () => {
  const { port } = await site((request, response) => {
    const type = decodeURIComponent(request.url?.slice(1) ?? '');
    response.writeHead(200, type === '' ? {} : { 'content-type': type }).end('x');
  });
  const outcome = (type: string): Promise<string> =>
    get(`http://site.test:${port}/${encodeURIComponent(type)}`, testNetwork(), {
      allowedTypes: ['text/*', 'application/json'],
    }).then(
      (fetched) => fetched.type,
      (failure: FetchFailure) => failure.reason,
    );
  expect(await outcome('text/plain; charset=utf-8')).toBe('text/plain');
  expect(await outcome('application/json')).toBe('application/json');
  expect(await outcome('application/jsonp')).toBe('mime');
  expect(await outcome('textual/plain')).toBe('mime');
  expect(await outcome('image/png')).toBe('mime');
  expect(await outcome('')).toBe('mime');
});

test('tells the status of a refusal', async () => {
  const { port } = await site((_request, response) => void response.writeHead(404).end('gone'));
  await expect(get(`http://site.test:${port}/`, testNetwork())).rejects.toMatchObject({
    reason: 'bad-status',
    status: 404,
  });
});

const codings = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const;

test.each(codings)('undoes %s', async (coding, compress) => {
  const { port } = await site((_request, response) => {
    response.writeHead(200, { 'content-encoding': coding }).end(compress('plain text'));
  });
  const { bytes } = await get(`http://site.test:${port}/`, testNetwork());
  expect(bytes.toString()).toBe('plain text');
});

test.each(codings)('counts what %s comes to, not what it is', async (coding, compress) => {
  const bomb = compress(Buffer.alloc(50_000_000));
  const { port } = await site((_request, response) => {
    response.writeHead(200, { 'content-encoding': coding }).end(bomb);
  });
  const before = process.memoryUsage().arrayBuffers;
  expect(await reasonOf(get(`http://site.test:${port}/`, testNetwork()))).toBe('too-large');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
});

test('a compressed body that comes to nothing does not go on for ever', async () => {
  // Members of gzip that are empty, one after the other.
  const empty = Buffer.concat(Array.from({ length: 100 }, () => gzipSync('')));
  const { port } = await site((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    writeForEver(response, empty);
  });
  expect(await reasonOf(get(`http://site.test:${port}/`, testNetwork()))).toBe('too-large');
});

test.each([
  ['a body that does not end', {}],
  ['a length that is too much', { 'content-length': '1000000' }],
])('does not read %s', async (_what, headers) => {
  const { port } = await site((_request, response) => {
    response.writeHead(200, headers);
    writeForEver(response, Buffer.alloc(1_000));
  });
  expect(await reasonOf(get(`http://site.test:${port}/`, testNetwork()))).toBe('too-large');
});

test('refuses codings that it did not ask for, and what is no such thing', async () => {
  const { port } = await site((request, response) => {
    response.writeHead(200, { 'content-encoding': request.url?.slice(1) }).end('not compressed');
  });
  expect(await reasonOf(get(`http://site.test:${port}/gzip`, testNetwork()))).toBe('network');
  expect(await reasonOf(get(`http://site.test:${port}/br`, testNetwork()))).toBe('network');
  expect(await reasonOf(get(`http://site.test:${port}/zstd`, testNetwork()))).toBe('network');
  expect(await reasonOf(get(`http://site.test:${port}/gzip,%20gzip`, testNetwork()))).toBe('network');
});

test.each([
  ['says nothing', () => undefined],
  ['sends no end', (response: { write(text: string): unknown }) => void response.write('some')],
])('waits only so long for a server that %s', async (_what, begin) => {
  const { port } = await site((_request, response) => begin(response));
  expect(await reasonOf(get(`http://site.test:${port}/`, testNetwork(), { timeoutMs: 200 }))).toBe('timeout');
});

test('waits only so long for a name', async () => {
  const network: Network = { ...testNetwork(), resolve: () => new Promise(() => undefined) };
  expect(await reasonOf(get('http://slow.test/', network, { timeoutMs: 50 }))).toBe('timeout');
});

test('redirects do not begin the time anew', async () => {
  const { port } = await site((_request, response) => {
    void sleep(60).then(() => response.writeHead(302, { location: '/next' }).end());
  });
  const fetched = get(`http://site.test:${port}/`, testNetwork(), { timeoutMs: 200, maxRedirects: 1_000 });
  expect(await reasonOf(fetched)).toBe('timeout');
});

test('ends when its caller does', async () => {
  const caller = new AbortController();
  const { port } = await site(() => caller.abort());
  const fetched = get(`http://site.test:${port}/`, testNetwork(), { signal: caller.signal });
  expect(await reasonOf(fetched)).toBe('aborted');
  const again = get(`http://site.test:${port}/`, testNetwork(), { signal: caller.signal });
  expect(await reasonOf(again)).toBe('aborted');
});

test('a host that is not there, or breaks off, is a failure of the network', async () => {
  const missing: Network = { ...testNetwork(), resolve: () => Promise.reject(new Error('ENOTFOUND')) };
  expect(await reasonOf(get('http://none.test/', missing))).toBe('network');
  expect(await reasonOf(get('http://none.test/', testNetwork({ 'none.test': [[]] })))).toBe('network');
  const { port } = await site((request) => void request.socket.destroy());
  expect(await reasonOf(get(`http://site.test:${port}/`, testNetwork()))).toBe('network');
});

test('TLS checks the certificate against the name, not the address', async () => {
  const { port } = await site((_request, response) => void response.end('secret'), true);
  const { bytes } = await get(`https://pinned.test:${port}/`, testNetwork());
  expect(bytes.toString()).toBe('secret');
  expect(await reasonOf(get(`https://other.test:${port}/`, testNetwork()))).toBe('network');
  const { resolve, isAllowedAddress } = testNetwork();
  expect(await reasonOf(get(`https://pinned.test:${port}/`, { resolve, isAllowedAddress }))).toBe('network');
});

test('proxies of the environment are not asked', async () => {
  const proxy = await site((_request, response) => void response.end('from the proxy'));
  const { port } = await site((_request, response) => void response.end('from the site'));
  for (const name of ['http_proxy', 'HTTP_PROXY']) vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
  try {
    const { bytes } = await get(`http://site.test:${port}/`, testNetwork());
    expect(bytes.toString()).toBe('from the site');
  } finally {
    vi.unstubAllEnvs();
  }
  expect(proxy.asked).toEqual([]);
});

test('names of this machine are resolved as it does', async () => {
  expect(await publicNetwork.resolve('localhost', new AbortController().signal)).toContain('127.0.0.1');
});
