/** What a socket may send first, and how the gateway ends one that sends something else (protocol.md §4.3, §4.4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectControl,
  connectParams,
  inOnePacket,
  openSocket,
  type ControlClient,
} from '../../support/control-client.js';
import { refused } from '../../support/first-frame.js';
import { chatRequest, startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import { requestOnce } from '../../support/request-once.js';
import { waitFor, within } from '../../support/wait-for.js';

const KIB = 1024;
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

function connectFrame(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { type: 'req', id: 'first', method: 'connect', params: connectParams(), ...over };
}

describe('an upgrade', () => {
  it('on any path is answered with a challenge of its own, without a number', async () => {
    const clients = await Promise.all(
      ['/', '/ui/socket?x=1'].map((path) => openSocket(gateway.wsUrl + path)),
    );
    const challenges = await Promise.all(
      clients.map((client) => client.frame('challenge', (frame) => frame.event === 'connect.challenge')),
    );
    for (const challenge of challenges) {
      expect(Object.keys(challenge)).toEqual(['type', 'event', 'payload']);
      expect(Object.keys(challenge.payload ?? {})).toEqual(['nonce', 'ts']);
      expect(challenge.payload?.nonce).toMatch(/^[0-9a-f-]{36}$/);
      expect(challenge.payload?.ts).toEqual(expect.any(Number));
    }
    expect(challenges[0]?.payload?.nonce).not.toBe(challenges[1]?.payload?.nonce);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('negotiates neither compression nor a subprotocol', async () => {
    const client = await openSocket(gateway.wsUrl);
    expect(client.socket.extensions).toBe('');
    expect(client.socket.protocol).toBe('');
    await client.close();
  });
});

describe('the first frame', () => {
  it.each([
    ['text that is not JSON', 'nope'],
    ['text that is not UTF-8', Buffer.from(JSON.stringify(connectFrame({ id: 'é' })), 'latin1')],
    ['an array', []],
    ['null', 'null'],
    ['an unknown top-level key', connectFrame({ extra: 1 })],
    ['an empty id', connectFrame({ id: '' })],
    ['an id that is no string', connectFrame({ id: 1 })],
    ['an id over 256 characters', connectFrame({ id: 'x'.repeat(257) })],
    ['a method over 256 characters', connectFrame({ method: 'x'.repeat(257) })],
    ['a type other than req', connectFrame({ type: 'event' })],
    ['a traceparent over 128 characters', connectFrame({ traceparent: 'x'.repeat(129) })],
  ])('that is %s closes 1008 without an answer', async (_what, first) => {
    expect(await refused(gateway.wsUrl, first)).toEqual({
      frames: [],
      close: { code: 1008, reason: 'invalid request frame' },
    });
  });

  it('that asks for another method is answered and closes 1008', async () => {
    expect(await refused(gateway.wsUrl, { type: 'req', id: 'r-1', method: 'health' })).toEqual({
      frames: [
        {
          type: 'res',
          id: 'r-1',
          ok: false,
          error: {
            code: 'INVALID_REQUEST',
            message: 'invalid handshake: first request must be connect',
          },
        },
      ],
      close: { code: 1008, reason: 'invalid handshake: first request must be connect' },
    });
  });

  it('over 64 KiB closes 1009 without an answer', async () => {
    expect(await refused(gateway.wsUrl, ' '.repeat(64 * KIB + 1))).toEqual({
      frames: [],
      close: { code: 1009, reason: 'preauth payload too large' },
    });
  });

  it('of exactly 64 KiB is read', async () => {
    const frame = JSON.stringify(connectFrame());
    const client = await openSocket(gateway.wsUrl);
    client.send(frame + ' '.repeat(64 * KIB - frame.length));
    expect(await client.frame('hello', ({ id }) => id === 'first')).toMatchObject({ ok: true });
    await client.close();
  });

  it('may carry traceparent and expectedProfileId, come at once, and come as a binary frame', async () => {
    const client = await openSocket(gateway.wsUrl);
    client.socket.send(
      Buffer.from(JSON.stringify(connectFrame({ traceparent: 'x', expectedProfileId: 'p' }))),
    );
    expect(await client.frame('hello', ({ id }) => id === 'first')).toMatchObject({ ok: true });
    await client.close();
  });

  it('that does not come in time closes 1000 without a reason, and is logged', async (test) => {
    const hurried = await startFor(test, { env: { PLLAN_HANDSHAKE_TIMEOUT_MS: '1000' } });
    const silent = await openSocket(hurried.wsUrl);
    expect(await within('close', silent.closed)).toEqual({ code: 1000, reason: '' });
    expect(silent.frames).toHaveLength(1);
    const line = await waitFor('log line', () =>
      hurried.logLines().find(({ message }) => message === 'gateway connect failed: handshake timeout'),
    );
    expect(line).toMatchObject({ conn: expect.any(String), remote: '127.0.0.1' });
  });

  it('in time stops the clock', async (test) => {
    const hurried = await startFor(test, { env: { PLLAN_HANDSHAKE_TIMEOUT_MS: '1000' } });
    const client = await connectControl(hurried.wsUrl);
    const silent = await openSocket(hurried.wsUrl);
    await within('close of the socket that came later', silent.closed);
    expect(await client.call('health')).toMatchObject({ ok: true });
    await client.close();
  });
});

describe('frames that come while the first one is decided on', () => {
  async function flood(more: number, agent: string): Promise<ControlClient> {
    const client = await openSocket(gateway.wsUrl, { 'user-agent': agent });
    const early = Array.from({ length: more }, (_, n) => ({
      type: 'req',
      id: `early-${n}`,
      method: 'health',
    }));
    inOnePacket(client, [connectFrame(), ...early]);
    return client;
  }

  it('may be 15, and are answered in order', async () => {
    const client = await flood(15, 'hasty/1');
    await client.frame('the last answer', ({ id }) => id === 'early-14');
    const answered = client.frames.filter(({ type }) => type === 'res').map(({ id }) => id);
    expect(answered).toEqual(['first', ...Array.from({ length: 15 }, (_, n) => `early-${n}`)]);
    await client.close();
  });

  it('close 1008 when they are more, without an answer, and are logged', async () => {
    const client = await flood(16, 'hasty/2');
    expect(await within('close', client.closed)).toEqual({
      code: 1008,
      reason: 'too many pending handshake frames',
    });
    expect(client.frames.map(({ event }) => event)).toEqual(['connect.challenge']);
    const line = await waitFor('log line', () =>
      gateway.logLines().find((record) => record.event === 'ws.refused' && record.userAgent === 'hasty/2'),
    );
    expect(line).toMatchObject({ message: 'gateway connect failed: too many pending handshake frames' });
  });
});

describe('a connect while the gateway stops', () => {
  it('restart in progress: is answered and closes 1013', async (test) => {
    const stopping = await startFor(test);
    const stranger = await openSocket(stopping.wsUrl);
    const answer = requestOnce(`${stopping.url}/v1/chat/completions`, chatRequest({ content: '/wait 3000' }));
    await waitFor(
      'work to finish first',
      async () => (await scrape(stopping.url)).total('pllan_pool_open_tasks') >= 1,
    );
    process.kill(stopping.pid, 'SIGTERM');
    await waitFor('draining', async () => (await requestOnce(`${stopping.url}/readyz`)).status === 503);
    stranger.send(connectFrame());
    expect(await within('close', stranger.closed)).toEqual({
      code: 1013,
      reason: 'gateway restart in progress',
    });
    expect(stranger.frames.at(-1)).toEqual({
      type: 'res',
      id: 'first',
      ok: false,
      error: {
        code: 'UNAVAILABLE',
        message: 'connect unavailable during gateway restart',
        retryable: true,
        retryAfterMs: 1000,
      },
    });
    expect((await answer).status).toBe(200);
  });
});

describe('a refused connect', () => {
  it('is logged with who tried, and never with what was presented', async () => {
    const params = connectParams({ auth: { token: 'a-credential-that-is-wrong' } });
    const origin = 'http://localhost:5173';
    await refused(gateway.wsUrl, connectFrame({ params }), { origin, 'user-agent': 'browser/1' });
    const line = await waitFor('log line', () =>
      gateway.logLines().find((record) => record.event === 'ws.refused' && record.userAgent === 'browser/1'),
    );
    expect(line).toMatchObject({
      message: expect.stringContaining('unauthorized: gateway token mismatch'),
      remote: '127.0.0.1',
      origin,
      client: 'gateway-client',
      mode: 'backend',
      version: '1.0.0',
    });
    expect(JSON.stringify(gateway.logLines())).not.toContain('a-credential-that-is-wrong');
  });

  it('is logged also when the frame was too large to be read', async () => {
    await refused(gateway.wsUrl, ' '.repeat(64 * KIB + 1), { 'user-agent': 'giant/1' });
    const line = await waitFor('log line', () =>
      gateway.logLines().find((record) => record.event === 'ws.refused' && record.userAgent === 'giant/1'),
    );
    expect(line).toMatchObject({ message: 'gateway connect failed: preauth payload too large' });
  });
});
