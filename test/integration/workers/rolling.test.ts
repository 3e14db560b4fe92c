/** Workers with other settings take the place of those that there are, which finish what they have (config.md §12, «rolling»). */
import { randomUUID } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { chatRequest, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import {
  answerStream,
  providerConfig,
  startMockProvider,
  type MockProvider,
  type ProviderCall,
} from '../../support/mock-provider.js';
import { contentOf, openRaw, rawChat, rawRequest } from '../../support/raw-connection.js';
import { editWorkers, gone, newWorkers, rolled, withWorkers, type Workers } from '../../support/rolling.js';
import { answer, newKey } from '../../support/session-calls.js';
import { repeat } from '../../support/repeat.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';
import { askAgent, story } from '../../support/run-story.js';
import { waitFor } from '../../support/wait-for.js';

/** Tools that only tests have. */
const tools = { tools: { allow: ['group:test'] } };
const config = withWorkers({ count: 1 }, tools) as Record<string, unknown>;

const complete = (gateway: TestGateway, content: string, stream = false): Promise<OnceAnswer> =>
  requestOnce(`${gateway.url}/v1/chat/completions`, chatRequest({ content, stream }));

/** Calls a tool on a connection of its own. */
const invoke = (gateway: TestGateway, body: object): Promise<OnceAnswer> =>
  requestOnce(`${gateway.url}/tools/invoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(body),
  });

/** What health says of workers. */
async function workersOf(client: ControlClient): Promise<{ configured: number; ready: number }> {
  const { workers } = await answer(client, 'health', { probe: true });
  return workers as { configured: number; ready: number };
}

describe('a worker that leaves', () => {
  let provider: MockProvider;
  let gateway: TestGateway;
  let client: ControlClient;
  let settings: Readonly<Record<string, unknown>>;
  let maxQueue = 100;
  let rolls = 0;
  beforeAll(async () => {
    provider = await startMockProvider();
    settings = { ...tools, ...providerConfig(provider.baseUrl) };
    gateway = await startGateway({ config: withWorkers({ count: 1 }, settings) as typeof settings });
    client = await connectControl(gateway.wsUrl);
  });
  afterAll(async () => {
    client.socket.terminate();
    await gateway.stop();
    await provider.stop();
  });
  beforeEach(() => provider.behave(answerStream(['Hi'])));

  /** From here on the provider keeps its answers until it is told to give them. */
  const hold = (): { readonly calls: readonly ProviderCall[]; release(): void } => {
    const calls: ProviderCall[] = [];
    provider.behave((call) => void calls.push(call));
    return {
      calls,
      release() {
        provider.behave(answerStream(['held ', 'back']));
        for (const call of calls) answerStream(['held ', 'back'])(call);
      },
    };
  };

  /** Resolves when another one gets the new connections. */
  const roll = async (): Promise<{ readonly before: readonly number[] }> => {
    const before = gateway.workers();
    maxQueue += 1;
    editWorkers(gateway, { count: 1, maxQueue }, settings);
    await newWorkers(gateway, before);
    rolls += 1;
    await waitFor('the end of the roll', () => rolled(gateway) === rolls);
    return { before };
  };
  const isThere = (pids: readonly number[]): boolean => gateway.workers().some((pid) => pids.includes(pid));

  it('keeps a connection until it has had one more answer, which says that it closes', async () => {
    const connection = await openRaw(gateway.port);
    await connection.write(rawChat('one'));
    await connection.answered(1);
    const { before } = await roll();
    expect(isThere(before)).toBe(true);
    await connection.write(rawChat('two'));
    const [, second] = await connection.answered(2);
    expect(second?.headers.connection).toBe('close');
    expect(contentOf(second ?? { body: '{}' })).toBe('Hi');
    await connection.ended;
    connection.destroy();
    await gone(gateway, before);
  });

  it('answers all that was sent on a connection, and closes it with the last', async () => {
    const connection = await openRaw(gateway.port);
    const held = hold();
    await connection.write(rawChat('one') + rawChat('two') + rawChat('three'));
    await waitFor('the first of them', () => held.calls.length > 0);
    const { before } = await roll();
    held.release();
    const answers = await connection.answered(3);
    expect(answers.map(contentOf)).toEqual(['held back', 'held back', 'held back']);
    expect(answers.map(({ headers }) => headers.connection)).toEqual(['keep-alive', 'keep-alive', 'close']);
    await connection.ended;
    connection.destroy();
    await gone(gateway, before);
  });

  it('reads a body that is under way', async () => {
    const connection = await openRaw(gateway.port);
    const whole = rawChat('slowly');
    await connection.write(whole.slice(0, -20));
    const { before } = await roll();
    await connection.write(whole.slice(-20));
    const [only] = await connection.answered(1);
    expect(contentOf(only ?? { body: '{}' })).toBe('Hi');
    connection.destroy();
    await gone(gateway, before);
  });

  it('finishes streams, and calls of tools', async () => {
    const held = hold();
    const stream = complete(gateway, 'one', true);
    const [invoked, called] = [
      invoke(gateway, { tool: 'test_wait', args: { ms: 5000 } }),
      client.call('tools.invoke', { name: 'test_wait', args: { ms: 5000 } }),
    ];
    await waitFor('the call of the model', () => held.calls.length > 0);
    const { before } = await roll();
    held.release();
    expect((await stream).body).toMatch(/back.*data: \[DONE\]/s);
    expect(await invoked).toMatchObject({ status: 200 });
    expect((await called).payload).toMatchObject({ ok: true });
    await gone(gateway, before);
  });

  it('answers whose run on a session still waits for its turn', async () => {
    const held = hold();
    const sessionKey = newKey();
    const ask = (content: string): Promise<OnceAnswer> => {
      const { headers, ...request } = chatRequest({ content });
      const own = { ...(headers as Record<string, string>), 'x-pllan-session-key': sessionKey };
      return requestOnce(`${gateway.url}/v1/chat/completions`, { ...request, headers: own });
    };
    const first = ask('one');
    await waitFor('the first run', () => held.calls.length > 0);
    const second = ask('two');
    const { before } = await roll();
    held.release();
    expect([contentOf(await first), contentOf(await second)]).toEqual(['held back', 'held back']);
    await gone(gateway, before);
  });

  it('goes on telling what is stored in a session', async () => {
    const sessionKey = newKey();
    const runId = askAgent(client, 'one', sessionKey);
    await waitFor('the first turn', () => story(client.frames, runId).includes('res ok'));
    const connection = await openRaw(gateway.port);
    const path = `/sessions/${encodeURIComponent(sessionKey)}/history`;
    await connection.write(rawRequest({ path, headers: { Accept: 'text/event-stream' } }));
    await waitFor('the page', () => connection.received().includes('event: history'));
    const { before } = await roll();
    askAgent(client, 'two words', sessionKey);
    await waitFor('the new line', () => connection.received().includes('two words'));
    expect(isThere(before)).toBe(true);
    connection.destroy();
    await gone(gateway, before);
  });

  it('serves clients of other kinds without an error', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const { body, headers } = chatRequest({ content: 'again' });
    const once = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          agent,
          headers: headers as Record<string, string>,
        });
        sent.once('error', reject).once('response', (got) => {
          got.resume().once('end', () => resolve(got.statusCode));
        });
        sent.end(body as string);
      });
    const load = repeat(once, 8);
    const { before } = await roll();
    await gone(gateway, before);
    await load.stop();
    agent.destroy();
    expect(load.failures).toEqual([]);
    expect(new Set(load.results)).toEqual(new Set([200]));
  });
});

describe('workers that are replaced', () => {
  let gateway: TestGateway;
  let client: ControlClient;
  beforeAll(async () => {
    gateway = await startGateway({ config });
    client = await connectControl(gateway.wsUrl);
  });
  afterAll(async () => {
    client.socket.terminate();
    await gateway.stop();
  });

  const edit = (workers: Workers): void => editWorkers(gateway, workers, tools);
  const ready = async (count: number): Promise<void> => {
    await waitFor(`${count} ready`, async () => (await workersOf(client)).ready === count);
    await waitFor(`${count} alone`, () => gateway.workers().length === count);
  };

  it('are as many as there should be, and those that go on are not replaced', async () => {
    const [one = 0] = gateway.workers();
    edit({ count: 3 });
    await ready(3);
    expect(gateway.workers()).toContain(one);
    edit({ count: 1 });
    await ready(1);
    expect(gateway.workers()).toEqual([one]);
    expect(await workersOf(client)).toEqual({ configured: 1, ready: 1, degraded: false });
  });

  it('have the settings of the last edit, however soon it comes after another', async () => {
    const before = gateway.workers();
    for (let count = 1; count <= 3; count += 1) {
      edit({ count, maxQueue: 50 + count });
      await newWorkers(gateway, before);
    }
    await gone(gateway, before);
    await ready(3);
    edit({ count: 1, maxQueue: 53 });
    await ready(1);
  });

  it('stay when their successors cannot start, until they can', async () => {
    const before = gateway.workers();
    edit({ count: 1, maxQueue: 7 });
    for (let killed = 0; killed < 3; killed += 1) {
      const [successor = 0] = await newWorkers(gateway, before);
      process.kill(successor, 'SIGKILL');
      await gone(gateway, [successor]);
    }
    await waitFor('word of it', () =>
      gateway.logLines().some(({ message }) => String(message).includes('did not become ready')),
    );
    expect(gateway.workers()).toEqual(before);
    expect((await requestOnce(`${gateway.url}/readyz`)).status).toBe(200);
    edit({ count: 1, maxQueue: 8 });
    await gone(gateway, before);
    await ready(1);
  });

  it('may die before their successors are ready', async () => {
    const [before = 0] = gateway.workers();
    edit({ count: 1, maxQueue: 9 });
    await newWorkers(gateway, [before]);
    process.kill(before, 'SIGKILL');
    await gone(gateway, [before]);
    await waitFor('an answer', async () => (await complete(gateway, 'after')).status === 200);
    await ready(1);
  });

  it('give answers to keys to those that come after', async () => {
    const idempotencyKey = randomUUID();
    const ask = (): Promise<OnceAnswer> =>
      invoke(gateway, { tool: 'test_wait', args: { ms: 5000 }, idempotencyKey });
    const first = ask();
    const before = gateway.workers();
    await waitFor('the call under way', async () => (await ask()).status === 409);
    edit({ count: 1, maxQueue: 10 });
    await gone(gateway, before);
    const [one, again] = [await first, await ask()];
    expect([again.status, again.body]).toEqual([one.status, one.body]);
  });

  it('end what takes too long, and say so', async () => {
    const before = gateway.workers();
    const [streamed, whole] = [
      complete(gateway, '/trickle 1000 100', true),
      complete(gateway, '/wait 60000'),
    ];
    const runs = { silent: askAgent(client, '/wait 4000'), speaking: askAgent(client, '/trickle 1000 100') };
    await waitFor('what the run says', () =>
      story(client.frames, runs.speaking).some((line) => line.includes('word')),
    );
    edit({ count: 1, maxQueue: 11, drainTimeoutMs: 500 });
    await gone(gateway, before);
    expect((await streamed).body).toMatch(/"code":"runInterrupted".*data: \[DONE\]/s);
    expect(await whole).toMatchObject({ status: 500, body: expect.stringContaining('interrupted') });
    await waitFor('the end of the silent run', () => story(client.frames, runs.silent).includes('res ok'));
    await waitFor('the end of the other', () => story(client.frames, runs.speaking).includes('res error'));
  });

  it('do not hold up a stop of the gateway', async () => {
    const before = gateway.workers();
    const connection = await openRaw(gateway.port);
    await connection.write(rawChat('one'));
    await connection.answered(1);
    edit({ count: 2, maxQueue: 12 });
    await newWorkers(gateway, before);
    expect(await gateway.stop()).toBe(0);
    connection.destroy();
  });
});
