/** TLS on the port: the primary hands connections over with their first bytes, a worker ends TLS (architecture, «Port»). */
import { connect } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import OpenAI from 'openai';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connectControl } from '../../support/control-client.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { contentOf, openRaw, rawChat, rawRequest, readRaw } from '../../support/raw-connection.js';
import { askTls, connectTls, ownCertificate, withTls } from '../../support/tls.js';
import { waitFor, within } from '../../support/wait-for.js';

const MIB = 1024 * 1024;

let gateway: TestGateway;
beforeAll(async () => {
  const { tls } = withTls.gateway;
  gateway = await startGateway({ config: { gateway: { tls, workers: { count: 2 } } } });
});
afterAll(() => gateway.stop());

const chat = (content: string): { path: string; method: string; body: string } => ({
  path: '/v1/chat/completions',
  method: 'POST',
  body: JSON.stringify({ model: 'pllan', messages: [{ role: 'user', content }] }),
});

describe('handshakes', () => {
  it('100 at once are all served', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => askTls(gateway, chat(`number ${n}`))),
    );
    expect(answers.map(contentOf)).toEqual(Array.from({ length: 100 }, (_, n) => `number ${n}`));
  });

  it('bodies of 3 MiB that follow at once arrive whole', async () => {
    const filler = 'x'.repeat(3 * MIB);
    const lengths = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const answer = await askTls(gateway, chat(`${n} ${filler}`));
        return [answer.status, contentOf(answer)?.length];
      }),
    );
    expect(lengths).toEqual(Array.from({ length: 20 }, (_, n) => [200, `${n} ${filler}`.length]));
  });

  it('may arrive one byte at a time', async () => {
    const plain = connect({ host: '127.0.0.1', port: gateway.port, noDelay: true });
    await within('connection', once(plain, 'connect'));
    const dripping = new Duplex({
      read() {
        plain.resume();
      },
      write(chunk: Buffer, _encoding, done) {
        void (async () => {
          for (const byte of chunk) await new Promise<unknown>((sent) => plain.write(Buffer.of(byte), sent));
          done();
        })();
      },
    });
    plain.on('data', (chunk) => void dripping.push(chunk));
    const connection = readRaw(await connectTls(gateway, { socket: dripping }));
    await connection.write(rawChat('drop by drop'));
    const [answer] = await connection.answered(1);
    expect(answer && contentOf(answer)).toBe('drop by drop');
    plain.destroy();
  });

  it('choose HTTP/1.1, also with a client that would rather have HTTP/2', async () => {
    const socket = await connectTls(gateway, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });

  it('resume sessions, whichever worker gets the connection', async () => {
    const reused: boolean[] = [];
    let session: Buffer | undefined;
    for (let n = 0; n < 6; n += 1) {
      const socket = await connectTls(gateway, session ? { session } : {});
      reused.push(socket.isSessionReused());
      socket.on('session', (ticket) => (session = ticket));
      socket.write(rawRequest({ path: '/v1/models' }));
      await within('answer', once(socket, 'data'));
      socket.destroy();
    }
    expect(reused).toEqual([false, true, true, true, true, true]);
  });

  it('that stop half-way are cut by their deadline, and others are served meanwhile', async () => {
    const begun = await openRaw(gateway.port);
    await begun.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    const silent = await openRaw(gateway.port);
    expect((await askTls(gateway, chat('meanwhile'))).status).toBe(200);
    await within('end of both', Promise.all([begun.ended, silent.ended]), 25_000);
  }, 30_000);
});

it('ordinary clients of both kinds are served on the one port: openai by https, ws by wss', async () => {
  const ca = readFileSync(ownCertificate(gateway).cert);
  const dispatcher = new Agent({ connect: { ca } });
  const fetchSafely = ((url: string, init: object) => fetch(url, { ...init, dispatcher })) as never;
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: TOKEN, fetch: fetchSafely });
  const messages = [{ role: 'user' as const, content: 'in secret' }];
  const stream = await client.chat.completions.create({ model: 'pllan', messages, stream: true });
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  expect(text).toBe('in secret');
  const socket = new WebSocket(gateway.wsUrl, { ca });
  const [data] = (await within('a frame', once(socket, 'message'))) as [Buffer];
  expect(JSON.parse(data.toString())).toMatchObject({ type: 'event', event: 'connect.challenge' });
  socket.terminate();
  await dispatcher.destroy();
});

describe('what is not TLS', () => {
  it('plain HTTP is told so, and the log says it', async () => {
    const connection = await openRaw(gateway.port);
    await connection.write(rawRequest({ path: '/healthz' }));
    const [answer] = await connection.answered(1);
    expect(answer).toMatchObject({ status: 400, headers: { connection: 'close' } });
    expect(answer?.body).toBe('This port speaks HTTPS only: use https:// or wss://');
    await within('end of the connection', connection.ended);
    await waitFor('log line', () => gateway.logLines().some(({ event }) => event === 'port.plain-http'));
  });

  it.each([
    ['another protocol', Buffer.from('ssh')],
    ['a record that is no hello', Buffer.from([0x16, 0x03, 0x01, 0x00, 0x04, 0xff, 0, 0, 0])],
  ])('%s ends its connection only', async (_what, bytes) => {
    const connection = await openRaw(gateway.port);
    await connection.write(bytes);
    await within('end of the connection', connection.ended);
    expect((await askTls(gateway, { path: '/v1/models' })).status).toBe(200);
  });
});

describe('one connection', () => {
  it('takes many requests, pipelined, for workers and for the primary', async () => {
    const connection = readRaw(await connectTls(gateway));
    const requests = [rawChat('/wait 100'), rawRequest({ path: '/readyz' }), rawChat('third')];
    await connection.write(requests.join(''));
    const [first, ready, third] = await connection.answered(3);
    expect([first, third].map((answer) => answer && contentOf(answer))).toEqual(['done /wait 100', 'third']);
    expect(ready?.status).toBe(200);
    connection.destroy();
  });

  it('shows the primary who it really is', async () => {
    const connection = readRaw(await connectTls(gateway));
    // Details are for direct local callers.
    await connection.write(rawRequest({ path: '/readyz' }).replace('gateway.test', 'localhost'));
    const [ready] = await connection.answered(1);
    expect(JSON.parse(ready?.body ?? '')).toMatchObject({ ready: true, failing: [] });
    connection.destroy();
  });

  it('that its client has ended still gets its answer', async () => {
    const connection = readRaw(await connectTls(gateway));
    await connection.write(rawChat('/wait 100'));
    connection.halfClose();
    const [answer] = await connection.answered(1);
    expect(answer && contentOf(answer)).toBe('done /wait 100');
  });
});

describe('a WebSocket', () => {
  it('reaches the control plane, and counts as the local client that it is', async () => {
    const client = await connectControl(gateway.wsUrl, { connection: await connectTls(gateway) });
    expect(client.hello).toMatchObject({ ok: true, payload: { type: 'hello-ok' } });
    expect(client.hello.payload?.auth).toMatchObject({ scopes: ['operator.admin'] });
    for (let n = 0; n < 20; n += 1) expect(await client.call('health')).toMatchObject({ ok: true });
    await client.close();
  });

  it('may come after requests on the same connection', async () => {
    const connection = readRaw(await connectTls(gateway));
    await connection.write(rawChat('first'));
    await connection.answered(1);
    const client = await connectControl(gateway.wsUrl, { connection: connection.release() });
    expect(client.hello.ok).toBe(true);
    await client.close();
  });

  it('with a wrong token is refused as without TLS', async () => {
    const client = await connectControl(gateway.wsUrl, {
      connection: await connectTls(gateway),
      params: { auth: { token: `${TOKEN}x` } },
    });
    expect(client.hello.error?.details).toMatchObject({ code: 'AUTH_TOKEN_MISMATCH' });
    await client.closed;
  });
});
