/** What a completion on a session tells its client when something fails, or dies (http.md §7.2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../../../support/chat-turns.js';
import { errorOf, postChat, readStream } from '../../../support/chat.js';
import { connectControl, type ControlClient } from '../../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../../support/gateway.js';
import { answerStatus, chunk } from '../../../support/mock-provider.js';
import { startWithProvider } from '../../../support/provided-gateway.js';
import { newKey } from '../../../support/session-calls.js';
import { activeRuns, onSession, say } from '../../../support/session-chat.js';
import { waitFor } from '../../../support/wait-for.js';

describe('a provider that fails', async () => {
  const { provider, gateway } = await startWithProvider({
    entry: { timeouts: { connectMs: 500, firstByteMs: 300, idleMs: 300 } },
  });

  it.each([
    [429, 429, 'rate_limit_error'],
    [401, 502, 'upstream_auth_error'],
    [403, 502, 'upstream_auth_error'],
    [500, 502, 'upstream_error'],
    [503, 502, 'upstream_error'],
    [400, 400, 'invalid_request_error'],
    [422, 400, 'invalid_request_error'],
  ])('with %i is told as %i', async (from, status, type) => {
    provider.behave(answerStatus(from, { error: { message: 'no, thanks' } }));
    for (const stream of [false, true]) {
      const response = await postChat(gateway, say('x', { stream }), onSession(newKey()));
      expect(await errorOf(response)).toMatchObject({ status, type });
    }
  });

  it('by saying nothing is told as 504', async () => {
    provider.behave(() => {});
    expect(await errorOf(await postChat(gateway, say('x'), onSession(newKey())))).toMatchObject({
      status: 504,
      type: 'upstream_timeout',
    });
  });

  it('in the middle is told in the stream', async () => {
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'Hel' }));
      setTimeout(() => response.destroy(), 50);
    });
    const { chunks, text, done } = await readStream(
      await postChat(gateway, say('x', { stream: true }), onSession(newKey())),
    );
    expect(text).toBe('Hel');
    expect(chunks.at(-1)?.error).toMatchObject({ message: 'internal error', type: 'api_error' });
    expect(done).toBe(1);
  });
});

describe('a worker that is killed', () => {
  let gateway: TestGateway;
  let client: ControlClient;
  beforeAll(async () => {
    gateway = await startGateway();
    client = await connectControl(gateway.wsUrl);
  });
  afterAll(() => gateway.stop());

  it('ends the runs of its clients, the one that runs and the one that waits, and none goes on elsewhere', async () => {
    const key = newKey();
    // Over WebSocket one that has said nothing would go to another worker.
    const clients = ['/wait 60000', 'never'].map((content, n) =>
      waitFor('its turn', async () => (await activeRuns(client, key)).length === n).then(() =>
        postChat(gateway, say(content), onSession(key)),
      ),
    );
    const ends = Promise.allSettled(clients);
    const runIds = await waitFor('both', async () => {
      const ids = await activeRuns(client, key);
      return ids.length === 2 && ids;
    });
    for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    for (const runId of runIds) {
      const { payload } = await client.frame(
        'end',
        (frame) =>
          frame.event === 'chat' && frame.payload?.runId === runId && frame.payload.state === 'error',
      );
      expect(payload?.errorMessage).toBe('interrupted: the worker process ended');
    }
    expect(await activeRuns(client, key)).toEqual([]);
    await waitFor('a worker', () => gateway.workers().length > 0);
    const next = await waitFor('an answer', async () => {
      const response = await postChat(gateway, say('next'), onSession(key));
      return response.status === 200 && response;
    });
    expect(await next.json()).toMatchObject({ choices: [{ message: { content: 'next' } }] });
  });

  it('answers what was recorded to a repeat of the key', async () => {
    const key = newKey();
    const headers = { ...onSession(key), 'idempotency-key': key };
    const first = postChat(gateway, say(LONG), headers).catch(() => undefined);
    await waitFor('the run', async () => (await activeRuns(client, key)).length === 1);
    for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    await first;
    const told = await waitFor('a worker', async () => {
      const response = await postChat(gateway, say(LONG), headers).catch(() => undefined);
      return response && response.status !== 503 && errorOf(response);
    });
    expect(told).toEqual({
      status: 500,
      type: 'api_error',
      message: 'interrupted: the worker process ended',
    });
  });

  it('and a thread that dies is told as an error', async () => {
    const response = await postChat(gateway, say('/exit'), onSession(newKey()));
    expect(await errorOf(response)).toEqual({
      status: 500,
      type: 'api_error',
      message: 'interrupted: its thread ended',
    });
  });
});

describe('a gateway that stops', () => {
  it('lets what it has accepted end, also what waits, and takes nothing new', async (test) => {
    const gateway = await startFor(test);
    const client = await connectControl(gateway.wsUrl);
    const key = newKey();
    const first = postChat(gateway, say('/wait 700'), onSession(key));
    await waitFor('the first', async () => (await activeRuns(client, key)).length === 1);
    const second = postChat(gateway, say('two', { stream: true }), onSession(key));
    await waitFor('the second', async () => (await activeRuns(client, key)).length === 2);
    gateway.child.kill('SIGTERM');
    await waitFor('draining', async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
    expect(await errorOf(await postChat(gateway, say('x'), onSession(key)))).toMatchObject({
      status: 503,
      type: 'service_unavailable',
    });
    expect((await first).status).toBe(200);
    expect((await readStream(await second)).text).toBe('two');
    expect(await gateway.exited).toBe(0);
  });

  it('at once tells its clients so', async (test) => {
    const gateway = await startFor(test);
    const client = await connectControl(gateway.wsUrl);
    const keys = [newKey(), newKey()] as const;
    const whole = postChat(gateway, say(LONG), onSession(keys[0]));
    const stream = await postChat(gateway, say(LONG, { stream: true }), onSession(keys[1]));
    for (const key of keys) await waitFor('a run', async () => (await activeRuns(client, key)).length === 1);
    gateway.child.kill('SIGTERM');
    await waitFor('draining', async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
    gateway.child.kill('SIGTERM');
    expect(await errorOf(await whole)).toMatchObject({ status: 503, type: 'service_unavailable' });
    const { chunks, done } = await readStream(stream);
    expect(chunks.at(-1)?.error).toMatchObject({ code: 'serviceUnavailable' });
    expect(done).toBe(1);
    await gateway.exited;
  });
});
