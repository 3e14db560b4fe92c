/** What is asked instead of a model that cannot answer, and who is left alone for how long (runs-and-events.md §13). */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, greeting, postChat, readStream } from '../../support/chat.js';
import { connectControl } from '../../support/control-client.js';
import { startGateway, type GatewayOptions, type TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import {
  answerJson,
  answerStatus,
  answerStream,
  chunk,
  startMockProvider,
  type MockProvider,
  type ProviderCall,
} from '../../support/mock-provider.js';
import { waitFor } from '../../support/wait-for.js';

type Act = (call: ProviderCall) => void;

let first: MockProvider;
let second: MockProvider;
let gateway: TestGateway;
/** Who is talked to, the default agent if undefined, and the first of its models. */
let agent: string | undefined;
let model: string;
/** Who was asked, in order: provider and key. */
let asked: string[];

/** Each test has providers of its own: what one has learned of them must not matter to another. */
const lanes: (readonly [MockProvider, MockProvider])[] = [];
let shared: TestGateway;
let lane = -1;

function entry({ baseUrl }: MockProvider, apiKey?: string): object {
  return {
    baseUrl,
    ...(apiKey === undefined ? {} : { apiKey }),
    timeouts: { firstByteMs: 300, idleMs: 300 },
    models: [{ id: 'm', cost: { input: 1_000_000, output: 2_000_000 } }],
  };
}

beforeAll(async () => {
  // Twice as many as there are tests that take one: what fails is repeated.
  const started = Array.from({ length: 18 }, () => Promise.all([startMockProvider(), startMockProvider()]));
  lanes.push(...(await Promise.all(started)));
  const providers = lanes.flatMap(([ofOne, ofTwo], n) => [
    [`one-${n}`, entry(ofOne, `key-one@${n}`)],
    [`two-${n}`, entry(ofTwo, `key-two@${n}`)],
  ]);
  const list = lanes.map((_, n) => ({
    id: `agent-${n}`,
    model: { primary: `one-${n}/m`, fallbacks: [`two-${n}/m`] },
  }));
  shared = await startGateway({
    config: { models: { providers: Object.fromEntries(providers) as object }, agents: { list } },
  });
});
afterAll(async () => {
  await shared.stop();
  await Promise.all(lanes.flat().map((provider) => provider.stop()));
});

let own: TestGateway | undefined;
let ownProviders: readonly MockProvider[];

beforeEach(async () => {
  asked = [];
  own = undefined;
  ownProviders = [first, second] = await Promise.all([startMockProvider(), startMockProvider()]);
});
afterEach(async () => {
  await own?.stop();
  await Promise.all(ownProviders.map((provider) => provider.stop()));
});

/** For a test that may share its gateway: an agent and providers that nobody has asked yet. */
function takeLane(): void {
  const taken = lanes[(lane += 1)];
  if (!taken) throw new Error('too few lanes');
  [first, second] = taken;
  gateway = shared;
  model = `one-${lane}/m`;
  agent = `pllan/agent-${lane}`;
}

function behave(one: MockProvider, name: string, act: Act): void {
  one.behave((call) => {
    const key = call.request.headers.authorization?.replace('Bearer ', '');
    asked.push(`${name} ${key?.replace(/@\d+$/, '')}`);
    act(call);
  });
}

async function startOwn(options: GatewayOptions): Promise<void> {
  gateway = own = await startGateway(options);
  agent = undefined;
}

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const keyed = config.auth === undefined ? 'key-one' : undefined;
  await startOwn({
    config: {
      models: { providers: { one: entry(first, keyed), two: entry(second, 'key-two') } },
      agents: { defaults: { model: { primary: 'one/m', fallbacks: ['two/m'] } } },
      ...config,
    },
  });
}

const chat = (extra: object = {}): Promise<Response> =>
  postChat(gateway, { model: agent, ...greeting, ...extra });

async function textOf(response: Response): Promise<unknown> {
  const answer = (await response.json()) as { choices?: { message: { content: string } }[] };
  return answer.choices?.[0]?.message.content ?? answer;
}

const sse = { 'content-type': 'text/event-stream' };
/** In this order no origin fails so often in a row that it is left alone. */
const troubles: readonly (readonly [string, Act])[] = [
  ['401', answerStatus(401, {})],
  ['500', answerStatus(500, {})],
  ['403', answerStatus(403, {})],
  ['silence', () => {}],
  ['429', answerStatus(429, {})],
  ['a reset', ({ response }) => response.destroy()],
  ['503', answerStatus(503, {})],
  ['what is no answer', ({ response }) => response.writeHead(200).end('<html>')],
  ['529', answerStatus(529, {})],
  ['an error where the answer should be', answerStatus(200, { error: { code: 502, message: 'no' } })],
];

describe('another model answers', () => {
  it('after any trouble', async () => {
    behave(second, 'two', answerJson('from two'));
    const timeouts = { firstByteMs: 300 };
    // Each with a credential of its own, so that none rests for another's sake.
    const providers = troubles.map(([name], n) => [
      `one-${n}`,
      { baseUrl: first.baseUrl, apiKey: `key of ${name}`, timeouts },
    ]);
    const list = troubles.map((_, n) => ({
      id: `agent-${n}`,
      model: { primary: `one-${n}/m`, fallbacks: ['two/m'] },
    }));
    await startOwn({
      config: {
        models: {
          providers: {
            ...(Object.fromEntries(providers) as object),
            two: { baseUrl: second.baseUrl, apiKey: 'key-two' },
          },
        },
        agents: { list },
      },
    });
    for (const [n, [name, act]] of troubles.entries()) {
      behave(first, 'one', act);
      expect(await textOf(await chat({ model: `pllan/agent-${n}` }))).toBe('from two');
      // A connection that breaks is tried again first.
      expect([...new Set(asked.splice(0))]).toEqual([`one key of ${name}`, 'two key-two']);
    }
  });

  it('in a stream whose first model fails before its first word', async () => {
    takeLane();
    behave(first, 'one', ({ response }) => {
      response.writeHead(200, sse).write(chunk({ role: 'assistant', content: '' }));
      response.end(`data: ${JSON.stringify({ error: { code: 429, message: 'no' } })}\n\n`);
    });
    behave(second, 'two', answerStream(['from ', 'two']));
    const { text, done } = await readStream(await chat({ stream: true }));
    expect([text, done]).toEqual(['from two', 1]);
  });

  it('and metrics tell of it, and of what it cost', async () => {
    behave(first, 'one', answerStatus(500, {}));
    behave(second, 'two', answerJson('from two'));
    await start();
    await chat();
    await waitFor(
      'the metrics',
      async () => (await scrape(gateway.url)).total('pllan_model_failover_total') > 0,
    );
    const metrics = await scrape(gateway.url);
    const labels = { from_provider: 'one', to_provider: 'two', reason: 'status_500', suspended: 'false' };
    expect(metrics.total('pllan_model_failover_total', labels)).toBe(1);
    expect(metrics.total('pllan_model_cost_usd_total', { provider: 'two' })).toBe(7);
    expect(metrics.total('pllan_model_cost_usd_total', { provider: 'one' })).toBe(0);
  });

  it('in a run on a session, which begins once and is told with the model that answered', async () => {
    behave(first, 'one', answerStatus(529, {}));
    behave(second, 'two', answerStream(['from two']));
    await start();
    const client = await connectControl(gateway.url);
    const { payload } = await client.call('agent', {
      message: 'Hi',
      idempotencyKey: 'k',
      sessionKey: 'main',
    });
    const { runId } = payload as { runId: string };
    await client.call('agent.wait', { runId });
    const events = client.frames.filter(({ event }) => event === 'agent');
    const phases = events.flatMap(({ payload: told }) => {
      const { stream, data } = told as { stream: string; data: { phase?: string } };
      return stream === 'lifecycle' ? [data.phase] : [];
    });
    expect(phases).toEqual(['start', 'end']);
    const history = await client.call('chat.history', { sessionKey: 'main' });
    expect(history.payload).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          provider: 'two',
          usage: { input: 3, output: 1, cost: { input: 3, output: 2, total: 5 } },
        },
      ],
    });
    const cost = await client.call('usage.cost', {});
    expect(cost.payload).toMatchObject({ totals: { inputCost: 3, outputCost: 2, totalCost: 5 } });
    await client.close();
  });
});

describe('no other model is asked', () => {
  it('once a word has been said', async () => {
    takeLane();
    behave(first, 'one', ({ response }) => {
      response.writeHead(200, sse).write(chunk({ content: 'Hel' }), () => response.destroy());
    });
    behave(second, 'two', answerStream(['from two']));
    const { text, chunks } = await readStream(await chat({ stream: true }));
    expect([text, chunks.at(-1)?.error]).toMatchObject(['Hel', { code: 'upstreamFailed' }]);
    expect(asked).toEqual(['one key-one']);
  });

  it.each([400, 404, 413, 422])('after %i, which is the client’s own fault', async (status) => {
    takeLane();
    behave(first, 'one', answerStatus(status, { error: { message: 'no' } }));
    expect(await errorOf(await chat())).toMatchObject({ status: 400, message: 'no' });
    expect(asked).toEqual(['one key-one']);
  });

  it('for one that was asked for by name', async () => {
    takeLane();
    behave(first, 'one', answerStatus(500, {}));
    expect((await chat({ model })).status).toBe(502);
    expect(asked).toEqual(['one key-one']);
  });
});

it('when all fail, the client is told of the model that it asked for', async () => {
  takeLane();
  behave(first, 'one', answerStatus(401, {}));
  behave(second, 'two', answerStatus(500, {}));
  expect(await errorOf(await chat())).toMatchObject({ status: 502, type: 'upstream_auth_error' });
  expect(asked).toEqual(['one key-one', 'two key-two']);
});

it('when all limit, the client is told to come back when the first of them may be asked', async () => {
  takeLane();
  behave(first, 'one', answerStatus(429, {}, { 'retry-after': '50' }));
  behave(second, 'two', answerStatus(429, {}, { 'retry-after': '20' }));
  const response = await chat();
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '20']);
});

describe('credentials', () => {
  const auth = {
    profiles: {
      'one:a': { provider: 'one', mode: 'api_key', key: 'key-a' },
      'one:b': { provider: 'one', mode: 'token', token: 'key-b' },
      'two:x': { provider: 'two', mode: 'api_key', key: 'key-x' },
    },
    order: { one: ['one:b', 'one:a'] },
  };
  /** Refuses a key. */
  const refuses =
    (key: string, status: number, headers: Record<string, string> = {}): Act =>
    (call) =>
      call.request.headers.authorization === `Bearer ${key}`
        ? answerStatus(status, {}, headers)(call)
        : answerJson('from one')(call);

  it.each([401, 402, 429, 529])(
    'are tried in their order before another model is, and one that was refused with %i rests',
    async (status) => {
      behave(first, 'one', refuses('key-b', status));
      await start({ auth });
      for (let n = 0; n < 2; n += 1) expect(await textOf(await chat())).toBe('from one');
      expect(asked).toEqual(['one key-b', 'one key-a', 'one key-a']);
    },
  );

  it('rest as long as their provider says, within the bounds of the config', async () => {
    behave(first, 'one', refuses('key-b', 429, { 'retry-after': '1' }));
    await start({ auth: { ...auth, cooldowns: { firstMs: 60_000, maxMs: 60_000 } } });
    for (let n = 0; n < 2; n += 1) expect(await textOf(await chat())).toBe('from one');
    expect(asked.splice(0)).toEqual(['one key-b', 'one key-a', 'one key-a']);
    await waitFor('the end of the rest', async () => {
      await chat();
      return asked.includes('one key-b');
    });
  });

  it('rest as long as the config says', async () => {
    behave(first, 'one', refuses('key-b', 429));
    const short = { firstMs: 1, maxMs: 1 };
    await start({ auth: { ...auth, cooldowns: short } });
    for (let n = 0; n < 2; n += 1) expect(await textOf(await chat())).toBe('from one');
    expect(asked).toEqual(['one key-b', 'one key-a', 'one key-b', 'one key-a']);
  });

  it('that all rest give way to the next model, and are asked after all when that one rests too', async () => {
    behave(first, 'one', answerStatus(429, {}));
    behave(second, 'two', answerStatus(429, {}));
    await start({ auth });
    expect((await chat()).status).toBe(429);
    expect(asked.splice(0)).toEqual(['one key-b', 'one key-a', 'two key-two', 'two key-x']);
    behave(first, 'one', answerJson('from one'));
    expect(await textOf(await chat())).toBe('from one');
    expect(asked).toEqual(['one key-b']);
  });
});

it('a model without alternatives is always asked', async () => {
  await start({ agents: { defaults: { model: 'one/m' } } });
  for (const act of [
    answerStatus(429, {}, { 'retry-after': '60' }),
    answerStatus(401, {}),
    ...Array.from({ length: 6 }, () => answerStatus(500, {})),
  ]) {
    behave(first, 'one', act);
    await chat();
  }
  expect(asked).toHaveLength(8);
  behave(first, 'one', answerJson('from one'));
  expect(await textOf(await chat())).toBe('from one');
});

it('an origin that fails again and again is left alone', async () => {
  behave(first, 'one', answerStatus(500, {}));
  behave(second, 'two', answerJson('from two'));
  await start();
  for (let n = 0; n < 7; n += 1) expect(await textOf(await chat())).toBe('from two');
  expect(asked.filter((one) => one.startsWith('one'))).toHaveLength(5);
  await waitFor('the metrics', async () => {
    const suspended = { suspended: 'true', reason: 'status_500' };
    return (await scrape(gateway.url)).total('pllan_model_failover_total', suspended) === 2;
  });
});
