import { describe, expect, onTestFinished, test } from 'vitest';
import { connectGateway, type GatewayClient } from '../../../src/cli/client/client.js';
import { deadlineIn } from '../../../src/cli/client/deadline.js';
import { GatewayError } from '../../../src/cli/client/errors.js';
import {
  freePort,
  send,
  startFakeGateway,
  startStranger,
  type FakeOptions,
} from '../support/fake-gateway.js';

const nobody = { token: undefined, password: undefined };

async function connected(options: FakeOptions = {}): Promise<GatewayClient> {
  const { url } = await startFakeGateway(options);
  const client = await connectGateway({ url, credentials: nobody }, deadlineIn(5_000));
  onTestFinished(() => client.close());
  return client;
}

async function failureOf(promise: Promise<unknown>): Promise<GatewayError> {
  const caught: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (caught instanceof GatewayError) return caught;
  throw new Error(`expected a GatewayError, got ${String(caught)}`);
}

describe('connecting', () => {
  test('says who answered and which scopes were granted', async () => {
    const { hello } = await connected({ scopes: ['operator.read'] });
    expect(hello).toMatchObject({ version: '9.9.9', connId: 'conn-1', scopes: ['operator.read'] });
  });

  test('sends no auth when there is no credential', async () => {
    const { url, requests } = await startFakeGateway();
    (await connectGateway({ url, credentials: nobody }, deadlineIn(5_000))).close();
    expect(requests[0]?.params).not.toHaveProperty('auth');
  });

  test('sends both credentials when there are two', async () => {
    const { url, requests } = await startFakeGateway();
    const credentials = { token: 'a', password: 'b' };
    (await connectGateway({ url, credentials }, deadlineIn(5_000))).close();
    expect(requests[0]?.params).toMatchObject({ auth: credentials });
  });

  test('a refusal carries the server error, the close code and the close reason', async () => {
    const { url } = await startFakeGateway({ token: 'x' });
    const error = await failureOf(connectGateway({ url, credentials: nobody }, deadlineIn(5_000)));
    expect(error).toMatchObject({
      failure: 'closed',
      greeted: true,
      close: { code: 1008, reason: 'unauthorized: gateway token mismatch' },
      server: { code: 'INVALID_REQUEST', message: expect.stringContaining('longer than a close reason') },
    });
    expect(error.message).toMatch(
      /^gateway connect failed: gateway closed \(1008 policy violation\): unauthorized: gateway token mismatch \(a hint/,
    );
  });

  test('nobody there', async () => {
    const url = `ws://127.0.0.1:${await freePort()}`;
    const error = await failureOf(connectGateway({ url, credentials: nobody }, deadlineIn(5_000)));
    expect(error).toMatchObject({ failure: 'unreachable', greeted: false });
    expect(error.message).toMatch(/^gateway not reachable: connect ECONNREFUSED/);
  });

  test('a server that is no gateway and never greets', async () => {
    const { url, requests } = await startFakeGateway({ greets: false });
    const error = await failureOf(connectGateway({ url, credentials: nobody }, deadlineIn(100)));
    expect(error).toMatchObject({
      failure: 'timeout',
      greeted: false,
      message: 'gateway timeout after 100ms',
    });
    expect(requests).toEqual([]);
  });

  test('an upgrade that is answered with HTTP', async () => {
    const port = await startStranger('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    const error = await failureOf(
      connectGateway({ url: `ws://127.0.0.1:${port}`, credentials: nobody }, deadlineIn(5_000)),
    );
    expect(error.message).toBe('gateway not reachable: the server answered HTTP 503 instead of a WebSocket');
  });
});

describe('requests', () => {
  test('give the payload', async () => {
    const client = await connected({ answers: { health: { ok: true } } });
    expect(await client.request('health', {}, deadlineIn(5_000))).toEqual({ ok: true });
  });

  test('are matched by id, whatever the order of the answers', async () => {
    let held: (() => void) | undefined;
    const client = await connected({
      answers: {
        slow: (socket, { id }) => (held = () => send(socket, { type: 'res', id, ok: true, payload: 'slow' })),
        fast: (socket, { id }) => {
          send(socket, { type: 'res', id, ok: true, payload: 'fast' });
          held?.();
        },
      },
    });
    const both = [
      client.request('slow', {}, deadlineIn(5_000)),
      client.request('fast', {}, deadlineIn(5_000)),
    ];
    expect(await Promise.all(both)).toEqual(['slow', 'fast']);
  });

  test('ignore what is not theirs', async () => {
    const client = await connected({
      answers: {
        health: (socket, { id }) => {
          socket.send('not json');
          socket.send('null');
          send(socket, { type: 'event', event: 'tick', payload: {}, seq: 1 });
          send(socket, { type: 'res', id: 'another', ok: true });
          send(socket, { type: 'res', id, ok: true, payload: 1 });
        },
      },
    });
    expect(await client.request('health', {}, deadlineIn(5_000))).toBe(1);
  });

  test('for the final result wait past accepted', async () => {
    const client = await connected({
      answers: {
        agent: (socket, { id }) => {
          send(socket, { type: 'res', id, ok: true, payload: { status: 'accepted' } });
          send(socket, { type: 'res', id, ok: true, payload: { status: 'ok' } });
        },
      },
    });
    expect(await client.request('agent', {}, deadlineIn(5_000))).toEqual({ status: 'accepted' });
    expect(await client.request('agent', {}, deadlineIn(5_000), true)).toEqual({ status: 'ok' });
  });

  test('fail with the code and the words of the gateway', async () => {
    const error = await failureOf((await connected()).request('foo', {}, deadlineIn(5_000)));
    expect(error).toMatchObject({
      failure: 'response',
      message: 'unknown method: foo',
      server: { code: 'INVALID_REQUEST', message: 'unknown method: foo' },
    });
  });

  test('fail when the connection drops', async () => {
    const client = await connected({ answers: { health: (socket) => socket.terminate() } });
    const error = await failureOf(client.request('health', {}, deadlineIn(5_000)));
    expect(error.message).toBe('gateway closed (1006 abnormal closure (no close frame)): no close reason');
    expect(error.close).toEqual({ code: 1006, reason: '' });
    expect(await failureOf(client.request('health', {}, deadlineIn(5_000)))).toBe(error);
  });

  test('fail with the reason when the gateway restarts', async () => {
    const client = await connected({
      answers: { health: (socket) => socket.close(1012, 'service restart') },
    });
    const error = await failureOf(client.request('health', {}, deadlineIn(5_000)));
    expect(error.message).toBe('gateway closed (1012 service restart): service restart');
  });

  test('fail at the deadline, and the connection stays usable', async () => {
    const client = await connected({ answers: { never: () => {}, health: { ok: true } } });
    const error = await failureOf(client.request('never', {}, deadlineIn(50)));
    expect(error).toMatchObject({ failure: 'timeout', message: 'gateway timeout after 50ms' });
    expect(await client.request('health', {}, deadlineIn(5_000))).toEqual({ ok: true });
  });
});
