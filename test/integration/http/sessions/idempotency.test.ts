/** `Idempotency-Key` of chat completions (http.md §4, runs-and-events.md §12). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, invalidRequest, postChat, readStream } from '../../../support/chat.js';
import { connectControl } from '../../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../../support/gateway.js';
import { answerStatus, answerStream, chunk } from '../../../support/mock-provider.js';
import { startWithProvider } from '../../../support/provided-gateway.js';
import { newKey } from '../../../support/session-calls.js';
import { activeRuns, onSession, say } from '../../../support/session-chat.js';
import { waitFor } from '../../../support/wait-for.js';

const { provider, gateway } = await startWithProvider({ behaviour: answerStream(['Hel', 'lo']) });
const keyed = (key: string): Record<string, string> => ({ 'idempotency-key': key });

describe('the same key with the same body', () => {
  it('is answered what the first one was', async () => {
    const [key, body] = [randomUUID(), say('Hi')];
    const calls = provider.calls.length;
    const first = await (await postChat(gateway, body, keyed(key))).json();
    expect(first).toMatchObject({ choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }] });
    const second = await postChat(gateway, body, keyed(key));
    expect(second.status).toBe(200);
    expect(await second.json()).toEqual(first);
    expect(provider.calls.length).toBe(calls + 1);
  });

  it('gets a stream of one chunk, where it asks for a stream', async () => {
    const key = randomUUID();
    const body = say('Hi', { stream: true, stream_options: { include_usage: true } });
    const first = await readStream(await postChat(gateway, body, keyed(key)));
    const second = await readStream(await postChat(gateway, body, keyed(key)));
    expect(second.text).toBe('Hello');
    expect(second.done).toBe(1);
    expect(second.chunks.map(({ choices }) => choices?.[0]?.delta)).toEqual([
      { role: 'assistant' },
      { content: 'Hello' },
      {},
      undefined,
    ]);
    expect(second.chunks.at(-1)).toEqual(first.chunks.at(-1));
    expect(second.chunks[0]).toEqual(first.chunks[0]);
  });

  it('is answered with the tool calls', async () => {
    const call = {
      index: 0,
      id: 'call_1',
      type: 'function',
      function: { name: 'look', arguments: '{"a":1}' },
    };
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${chunk({ tool_calls: [call] })}${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
    });
    const key = randomUUID();
    const body = say('Hi', { tools: [{ type: 'function', function: { name: 'look' } }] });
    const first = await (await postChat(gateway, body, keyed(key))).json();
    expect(first).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
            ],
          },
        },
      ],
    });
    provider.behave(answerStream(['Hel', 'lo']));
    expect(await (await postChat(gateway, body, keyed(key))).json()).toEqual(first);
  });

  it('is answered with the failure of the work', async () => {
    provider.behave(answerStatus(429, { error: { message: 'slow down' } }, { 'retry-after': '7' }));
    const [key, body] = [randomUUID(), say('Hi')];
    const first = await postChat(gateway, body, keyed(key));
    expect(first.headers.get('retry-after')).toBe('7');
    const told = await errorOf(first);
    expect(told).toMatchObject({ status: 429, type: 'rate_limit_error' });
    provider.behave(answerStream(['Hel', 'lo']));
    const calls = provider.calls.length;
    const second = await postChat(gateway, body, keyed(key));
    expect(second.headers.get('retry-after')).toBe('7');
    expect(await errorOf(second)).toEqual(told);
    expect(provider.calls.length).toBe(calls);
  });

  it('is refused while the first one runs', async () => {
    let letGo = (): void => {};
    provider.behave((call) => void (letGo = () => answerStream(['late'])(call)));
    const [key, body] = [randomUUID(), say('Hi')];
    const calls = provider.calls.length;
    const first = postChat(gateway, body, keyed(key));
    await waitFor('the call', () => provider.calls.length > calls);
    const second = await postChat(gateway, body, keyed(key));
    expect(second.headers.get('retry-after')).toBe('1');
    expect(await errorOf(second)).toMatchObject({ status: 409, type: 'idempotency_in_progress' });
    const other = await postChat(gateway, say('Other'), keyed(key));
    expect(await errorOf(other)).toMatchObject({ status: 422, type: 'idempotency_mismatch' });
    letGo();
    expect(await (await first).json()).toMatchObject({ choices: [{ message: { content: 'late' } }] });
    provider.behave(answerStream(['Hel', 'lo']));
  });

  it('at the same moment runs once', async () => {
    const [key, body] = [randomUUID(), say('Hi')];
    const calls = provider.calls.length;
    const answers = await Promise.all(Array.from({ length: 8 }, () => postChat(gateway, body, keyed(key))));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 409).every((status) => status === 200)).toBe(true);
    expect(statuses).toContain(200);
    expect(provider.calls.length).toBe(calls + 1);
  });
});

describe('a key', () => {
  it('with another body is refused', async () => {
    const key = randomUUID();
    await postChat(gateway, say('Hi'), keyed(key));
    expect(await errorOf(await postChat(gateway, say('Ho'), keyed(key)))).toMatchObject({
      status: 422,
      type: 'idempotency_mismatch',
    });
  });

  it('of a request that is not valid is not taken', async () => {
    const key = randomUUID();
    expect((await postChat(gateway, say('Hi', { temperature: 9 }), keyed(key))).status).toBe(400);
    expect((await postChat(gateway, say('Hi'), keyed(key))).status).toBe(200);
  });

  it('that is too long is refused', async () => {
    expect((await postChat(gateway, say('Hi'), keyed('k'.repeat(256)))).status).toBe(200);
    expect(await errorOf(await postChat(gateway, say('Hi'), keyed('k'.repeat(257))))).toEqual(
      invalidRequest('`Idempotency-Key` must not be longer than 256 characters.'),
    );
  });

  it('is the same for another session', async () => {
    const [key, session] = [randomUUID(), newKey()];
    const first = await (await postChat(gateway, say('Hi'), { ...keyed(key), ...onSession(session) })).json();
    expect(await (await postChat(gateway, say('Hi'), keyed(key))).json()).toEqual(first);
  });
});

it('a key is its user’s alone, where a proxy names users', async (test) => {
  const auth = {
    mode: 'trusted-proxy',
    trustedProxy: { userHeader: 'x-user', allowLoopback: true },
  };
  const own = await startFor(test, {
    config: { gateway: { mode: 'local', auth, trustedProxies: ['127.0.0.1'] } },
  });
  const key = randomUUID();
  const ask = async (user: string): Promise<{ id: string }> => {
    const headers = { 'x-user': user, 'x-forwarded-for': '10.0.0.1', ...keyed(key) };
    return (await postChat(own, say('Hi'), headers)).json() as Promise<{ id: string }>;
  };
  const [first, second, again] = [await ask('ann'), await ask('bob'), await ask('ann')];
  expect(first.id).toMatch(/^chatcmpl_/);
  expect(second.id).not.toBe(first.id);
  expect(again).toEqual(first);
});

it('of a run that a stop has ended is told so, and does not run again', async () => {
  const stateDir = temporaryDir();
  const first = await startGateway({ stateDir });
  const [client, key, session] = [await connectControl(first.wsUrl), randomUUID(), newKey()];
  const headers = { ...keyed(key), ...onSession(session) };
  const stopped = postChat(first, say('/wait 60000'), headers);
  await waitFor('the run', async () => (await activeRuns(client, session)).length === 1);
  first.child.kill('SIGTERM');
  await waitFor('draining', async () => (await fetch(`${first.url}/readyz`)).status === 503);
  first.child.kill('SIGTERM');
  expect(await errorOf(await stopped)).toMatchObject({ status: 503, type: 'service_unavailable' });
  await first.exited;
  const second = await startGateway({ stateDir });
  expect(await errorOf(await postChat(second, say('/wait 60000'), headers))).toMatchObject({
    status: 500,
    message: 'interrupted: the gateway stopped before the run had ended',
  });
  await second.stop();
});

describe('after a kill of the gateway', () => {
  let second: TestGateway;
  const key = { done: randomUUID(), running: randomUUID(), waiting: randomUUID() };
  const body = { done: say('Hi'), running: say('/wait 60000'), waiting: say('never') };
  const session = newKey();
  let recorded: unknown;
  beforeAll(async () => {
    const stateDir = temporaryDir();
    const first = await startGateway({ stateDir });
    const client = await connectControl(first.wsUrl);
    recorded = await (await postChat(first, body.done, keyed(key.done))).json();
    for (const [n, name] of (['running', 'waiting'] as const).entries()) {
      postChat(first, body[name], { ...keyed(key[name]), ...onSession(session) }).catch(() => undefined);
      await waitFor('it to be accepted', async () => (await activeRuns(client, session)).length === n + 1);
    }
    first.child.kill('SIGKILL');
    await first.exited;
    second = await startGateway({ stateDir });
  });
  afterAll(() => second.stop());

  it('an answer is still the same', async () => {
    expect(await (await postChat(second, body.done, keyed(key.done))).json()).toEqual(recorded);
  });

  it.each(['running', 'waiting'] as const)(
    'what was %s was interrupted, and does not run again',
    async (name) => {
      const repeat = await postChat(second, body[name], { ...keyed(key[name]), ...onSession(session) });
      expect(await errorOf(repeat)).toEqual({
        status: 500,
        type: 'api_error',
        message: 'interrupted: the gateway stopped before the run had ended',
      });
    },
  );
});
