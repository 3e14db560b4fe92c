/** Every connection is accepted by the primary and given to whom it belongs, with all its bytes. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl } from '../support/control-client.js';
import { chatRequest, startFor, startGateway, TOKEN, type TestGateway } from '../support/gateway.js';
import {
  answerJson,
  providerConfig,
  startMockProvider,
  type MockProvider,
} from '../support/mock-provider.js';
import {
  contentOf,
  openRaw,
  rawChat,
  rawRequest,
  type RawAnswer,
  type RawConnection,
} from '../support/raw-connection.js';
import { scrape } from '../support/metrics.js';
import { requestOnce } from '../support/request-once.js';
import { tcpEnd } from '../support/tcp-table.js';
import { waitFor, within } from '../support/wait-for.js';
import { inFull } from '../support/in-full.js';

const MIB = 1024 * 1024;
/** A header block may take this long (operations.md §16), and the worker's server looks every two seconds. */
const HEADER_DEADLINE_MS = 10_000 + 2_000;

let gateway: TestGateway;
const connections: RawConnection[] = [];

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  for (const connection of connections) connection.destroy();
  await gateway.stop();
});

async function open(): Promise<RawConnection> {
  const connection = await openRaw(gateway.port);
  connections.push(connection);
  return connection;
}

/** A connection that a worker has already. */
async function openAtWorker(): Promise<RawConnection> {
  const connection = await open();
  await connection.write(rawChat('first'));
  const [answer] = await connection.answered(1);
  expect(answer).toMatchObject({ status: 200, headers: { connection: 'keep-alive' } });
  return connection;
}

/** Sends these bytes on a new connection and gives the first answer. */
async function answerTo(bytes: string | Buffer): Promise<RawAnswer | undefined> {
  const connection = await open();
  await connection.write(bytes);
  const [answer] = await connection.answered(1);
  return answer;
}

describe('large bodies', () => {
  let provider: MockProvider;
  let relay: TestGateway;

  beforeAll(async () => {
    provider = await startMockProvider((call) => {
      const messages = call.body.messages as readonly { readonly content: string }[];
      answerJson(fingerprint(messages.at(-1)?.content ?? ''))(call);
    });
    relay = await startGateway({ config: providerConfig(provider.baseUrl) });
  });
  afterAll(async () => {
    await relay.stop();
    await provider.stop();
  });

  const count = inFull ? 400 : 120;
  it(`${count} of 3 MiB on new connections, 100 at a time, all arrive whole`, async () => {
    const filler = Array.from({ length: (3 * MIB) / 64 }, (_, i) => String(i).padStart(64, '.')).join('');
    const wrong: string[] = [];
    let next = 0;
    const send = async (): Promise<void> => {
      for (let i = (next += 1); i <= count; i = next += 1) {
        const content = `${i}${filler}`;
        const answer = await requestOnce(`${relay.url}/v1/chat/completions`, chatRequest({ content }));
        if (answer.status !== 200 || contentOf(answer) !== fingerprint(content)) {
          wrong.push(`${i}: ${answer.status} ${answer.body.slice(0, 200)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: 100 }, send));
    expect(wrong).toEqual([]);
    expect(provider.calls).toHaveLength(count);
  }, 180_000);
});

function fingerprint(text: string): string {
  return `${text.length} ${createHash('sha256').update(text).digest('hex')}`;
}

describe('header blocks', () => {
  it.each([
    ['for a worker', rawChat('one by one'), 'one by one'],
    ['for the primary', rawRequest({ path: '/healthz' }), '"status":"live"'],
  ])('may arrive one byte at a time: %s', async (_who, bytes, expected) => {
    const connection = await open();
    for (const byte of bytes) await connection.write(byte);
    const [answer] = await connection.answered(1);
    expect(answer?.status).toBe(200);
    expect(answer?.body).toContain(expected);
  });

  it('may begin with empty lines', async () => {
    expect(await answerTo(`\r\n\r\n${rawChat('after nothing')}`)).toMatchObject({ status: 200 });
  });

  it('over 16 KiB are refused with 431, whoever reads them', async () => {
    const large = rawRequest({ headers: { 'X-Large': 'x'.repeat(17 * 1024) } });
    const refused = { status: 431, headers: { connection: 'close' } };
    expect(await answerTo(large)).toMatchObject(refused);
    expect(await answerTo(large.replace('/healthz', '/v1/models'))).toMatchObject(refused);
    expect(await answerTo(`GET /${'x'.repeat(17 * 1024)}`)).toMatchObject(refused);
    const atWorker = await openAtWorker();
    await atWorker.write(large);
    expect((await atWorker.answered(2))[1]).toMatchObject(refused);
    await within('end of the connection', atWorker.ended);
  });

  it.each([
    ['a TLS hello', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['lower case', 'get / http/1.1\r\n\r\n'],
    ['no version', 'GET /\r\n\r\n'],
    ['zeros', Buffer.alloc(64)],
  ])('that are not HTTP are refused with 400: %s', async (_what, bytes) => {
    const connection = await open();
    await connection.write(bytes);
    expect((await connection.answered(1))[0]).toMatchObject({
      status: 400,
      headers: { connection: 'close' },
    });
    await within('end of the connection', connection.ended);
  });
});

describe.concurrent('connections without a whole header block', () => {
  it('are closed by their deadline, with 408 when they had begun', async ({ expect }) => {
    const silent = await open();
    const begun = await open();
    await begun.write('POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n');
    const dripping = await open();
    await dripping.write('GET /v1/models HTTP/1.1\r\nX-Slow: ');
    const drip = setInterval(() => void dripping.write('X').catch(() => clearInterval(drip)), 200);
    const all = [silent, begun, dripping].map(({ ended }) => ended);
    await within('end of the connections', Promise.all(all), 2 * HEADER_DEADLINE_MS);
    clearInterval(drip);
    expect(silent.received()).toBe('');
    for (const connection of [begun, dripping])
      expect(connection.answers()).toMatchObject([{ status: 408, headers: { connection: 'close' } }]);
  });

  it('also when a request went before', async ({ expect }) => {
    const connection = await openAtWorker();
    await connection.write('GET /v1/models HTTP/1.1\r\nHost: x\r\n');
    await within('end of the connection', connection.ended, 2 * HEADER_DEADLINE_MS);
    expect(connection.answers()[1]).toMatchObject({ status: 408 });
  });
});

describe('one connection, many requests', () => {
  it('keep-alive: one after the other', async () => {
    const connection = await open();
    for (let i = 1; i <= 50; i += 1) {
      await connection.write(rawChat(`turn ${i}`));
      const answer = (await connection.answered(i))[i - 1];
      expect(answer).toMatchObject({ status: 200, headers: { connection: 'keep-alive' } });
      expect(answer && contentOf(answer)).toBe(`turn ${i}`);
    }
  });

  it('is watched by the kernel, so that a client that vanished is noticed', async () => {
    const connection = await openAtWorker();
    const client = connection.release();
    const keptAlive = (): boolean | undefined => tcpEnd(gateway.port, client.localPort ?? 0)?.keptAlive;
    await waitFor('TCP keep-alive at the end of the gateway', keptAlive);
    client.destroy();
  });

  it('pipelining: several in one write are answered in order, also when the first takes longest', async () => {
    const connection = await open();
    const prompts = ['/wait 300', 'second', '/wait 50', 'fourth'];
    await connection.write(prompts.map((prompt) => rawChat(prompt)).join(''));
    const answers = await connection.answered(prompts.length);
    expect(answers.map(contentOf)).toEqual(['done /wait 300', 'second', 'done /wait 50', 'fourth']);
  });

  it('pipelining: requests for the primary among those for a worker', async () => {
    const connection = await open();
    const health = rawRequest({ path: '/healthz' });
    await connection.write([rawChat('/wait 100'), health, rawChat('third'), health].join(''));
    const [first, second, third, fourth] = await connection.answered(4);
    expect([first, third].map((answer) => answer && contentOf(answer))).toEqual(['done /wait 100', 'third']);
    for (const answer of [second, fourth]) expect(answer?.body).toBe('{"ok":true,"status":"live"}');
  });

  it('what belongs to the primary is answered through the worker, and the connection stays usable', async () => {
    const connection = await openAtWorker();
    const requests = [
      rawRequest({ path: '/healthz' }),
      rawRequest({ path: '/readyz' }),
      rawRequest({ path: '/metrics' }),
      rawRequest({ path: '/metrics' }).replace(TOKEN, 'wrong'),
      rawRequest({ method: 'POST', path: '/healthz', body: '{}' }),
      rawChat('last'),
    ];
    for (const request of requests) await connection.write(request);
    const [, live, ready, metrics, stranger, posted, last] = await connection.answered(7);
    expect(live).toMatchObject({ status: 200, body: '{"ok":true,"status":"live"}' });
    // The details are for direct local callers: the primary knows the real peer.
    expect(JSON.parse(ready?.body ?? '')).toMatchObject({ ready: true, failing: [] });
    expect(metrics).toMatchObject({
      status: 200,
      headers: { 'content-type': /^text\/plain; version=0\.0\.4/ },
    });
    expect(metrics?.body).toContain('pllan_http_requests_total{');
    expect(stranger?.status).toBe(401);
    expect(posted).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(last && contentOf(last)).toBe('last');
  });

  it('pipelining: a WebSocket upgrade behind requests that are not answered yet waits for their answers', async () => {
    const connection = await open();
    const upgrade = rawRequest({
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
      path: '/',
    });
    await connection.write(rawChat('/wait 300') + rawChat('second') + upgrade);
    await waitFor('the challenge', () => connection.received().includes('connect.challenge'));
    const text = connection.received();
    const places = ['done /wait 300', '"second"', 'HTTP/1.1 101 ', 'connect.challenge'].map((part) =>
      text.indexOf(part),
    );
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('pipelining: an offer of HTTP/2 behind a request that is not answered yet waits for its answer', async () => {
    const connection = await open();
    const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
    await connection.write(rawChat('/wait 300') + rawChat('second', { headers }) + rawChat('third'));
    const answers = await connection.answered(3);
    expect(answers.map(contentOf)).toEqual(['done /wait 300', 'second', 'third']);
  });

  it('pipelining: a client that goes before an upgrade’s turn leaves nothing behind', async (test) => {
    const own = await startFor(test);
    const connection = await openRaw(own.port);
    const upgrade = rawRequest({ headers: { Connection: 'Upgrade', Upgrade: 'websocket' }, path: '/' });
    const total = async (name: string): Promise<number> => (await scrape(own.url)).total(name);
    await connection.write(rawChat('/wait 60000') + rawChat('/wait 60000') + upgrade);
    await waitFor('both requests in a thread', async () => (await total('pllan_pool_open_tasks')) === 2);
    expect(await total('pllan_http_requests_total')).toBe(0);
    connection.destroy();
    await waitFor('the end of both', async () => (await total('pllan_http_requests_total')) === 2);
  });

  it('pipelining: an upgrade behind an answer that ends the connection is not served', async () => {
    const connection = await open();
    const upgrade = rawRequest({ headers: { Connection: 'Upgrade', Upgrade: 'websocket' }, path: '/' });
    await connection.write(rawRequest({ path: '/metrics' }) + upgrade);
    await within('end of the connection', connection.ended);
    expect(connection.answers().map(({ status }) => status)).toEqual([200]);
    expect(connection.received()).not.toContain('101 Switching');
  });

  it('a WebSocket upgrade on it reaches the control plane', async () => {
    const connection = await openAtWorker();
    const client = await connectControl(gateway.wsUrl, { connection: connection.release() });
    expect(client.hello).toMatchObject({ ok: true, payload: { type: 'hello-ok' } });
    for (let i = 0; i < 20; i += 1) expect(await client.call('health')).toMatchObject({ ok: true });
    expect(await client.close()).toMatchObject({ code: 1005 });
  });
});

describe('an offer of HTTP/2 on plain HTTP', () => {
  const offer = {
    Connection: 'Upgrade, HTTP2-Settings',
    Upgrade: 'h2c',
    'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA',
  };

  it.each([
    ['a small body', 'hello'],
    ['a large body', 'x'.repeat(MIB)],
  ])('is served as HTTP/1.1 and the connection stays usable: POST with %s', async (_what, content) => {
    const connection = await open();
    await connection.write(rawChat(content, { headers: offer }));
    const [answer] = await connection.answered(1);
    expect(answer?.status).toBe(200);
    expect(answer && contentOf(answer)).toBe(content);
    await connection.write(rawChat('again', { headers: offer }));
    expect((await connection.answered(2)).at(1)).toMatchObject({ status: 200 });
  });

  it('ends the connection with its answer where its client asks for that', async () => {
    const connection = await open();
    const headers = { ...offer, Connection: `${offer.Connection}, close` };
    await connection.write(rawRequest({ path: '/v1/models', headers }));
    await within('end of the connection', connection.ended);
    expect(connection.answers()).toMatchObject([{ status: 200, headers: { connection: 'close' } }]);
  });

  it.each(['/healthz', '/metrics', '/v1/models'])('is served as HTTP/1.1: GET %s', async (path) => {
    expect(await answerTo(rawRequest({ path, headers: offer }))).toMatchObject({ status: 200 });
  });
});
