/** What is tried instead of a model that cannot answer, and when nothing is (runs-and-events.md §13). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { greeting, postChat, readStream } from '../../support/chat.js';
import { freePort, startGateway, type TestGateway } from '../../support/gateway.js';
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

let first: MockProvider;
let second: MockProvider;
/** Nobody rests for longer than a millisecond. */
let eager: TestGateway;
/** Credentials rest as long as they do by default. */
let resting: TestGateway;

const eventStream = { 'content-type': 'text/event-stream' };
const keyOf = ({ request }: ProviderCall): string => request.headers.authorization ?? '';

beforeAll(async () => {
  [first, second] = await Promise.all([startMockProvider(), startMockProvider()]);
  const gone = `http://127.0.0.1:${await freePort()}/v1`;
  const models = {
    providers: {
      first: { baseUrl: first.baseUrl, apiKey: 'own-key-0000', models: [{ id: 'm' }, { id: 'n' }] },
      second: { baseUrl: second.baseUrl, models: [{ id: 'm' }, { id: 'n' }] },
      gone: { baseUrl: gone, models: [{ id: 'm' }] },
    },
  };
  const profile = { provider: 'first', mode: 'api_key', key: 'other-key-1111' };
  const agents = {
    defaults: { model: { primary: 'first/m', fallbacks: ['second/m'] } },
    list: [
      { id: 'main' },
      { id: 'lost', model: 'gone/m' },
      { id: 'other', model: { primary: 'first/n', fallbacks: ['second/n'] } },
    ],
  };
  const short = { firstMs: 1, maxMs: 1, authFirstMs: 1, authMaxMs: 1 };
  [eager, resting] = await Promise.all([
    startGateway({ config: { models, agents, auth: { cooldowns: short } } }),
    startGateway({ config: { models, agents, auth: { profiles: { 'first:b': profile } } } }),
  ]);
});
beforeEach(() => second.behave(answerStream(['from ', 'second'])));
afterAll(async () => {
  await Promise.all([eager.stop(), resting.stop()]);
  await Promise.all([first.stop(), second.stop()]);
});

describe('the next model answers', () => {
  it.each([401, 402, 403, 429, 500, 502, 503, 529])('after %i, whole and streamed', async (status) => {
    first.behave(answerStatus(status, { error: { message: 'no' } }));
    const whole = await postChat(eager, greeting);
    expect(await whole.json()).toMatchObject({ choices: [{ message: { content: 'from second' } }] });
    const streamed = await readStream(await postChat(eager, { ...greeting, stream: true }));
    expect([streamed.text, streamed.done]).toEqual(['from second', 1]);
  });

  it('when nobody is there', async () => {
    const response = await postChat(eager, { ...greeting, model: 'pllan/lost' });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'from second' } }] });
  });

  it.each(['overloaded_error', 'rate_limit_error', 'api_error'])(
    'after a stream that began with %s',
    async (type) => {
      first.behave(({ response }) => {
        response.writeHead(200, eventStream).write(chunk({ role: 'assistant', content: '' }));
        response.end(`data: ${JSON.stringify({ error: { type, message: 'no' } })}\n\n`);
      });
      const streamed = await readStream(await postChat(eager, { ...greeting, stream: true }));
      expect([streamed.text, streamed.done]).toEqual(['from second', 1]);
    },
  );

  it('is counted', async () => {
    const labels = { from_provider: 'first', to_provider: 'second', to_model: 'm', lane: 'none' };
    await waitFor('the count', async () => {
      return (await scrape(eager.url)).total('pllan_model_failover_total', labels) > 0;
    });
  });
});

describe('nothing else is tried', () => {
  it.each([400, 404, 413, 422])('after %i', async (status) => {
    const asked = second.calls.length;
    first.behave(answerStatus(status, { error: { message: 'your fault' } }));
    expect((await postChat(eager, greeting)).status).toBe(400);
    expect(second.calls.length).toBe(asked);
  });

  it('for a model that was asked for by name', async () => {
    first.behave(answerStatus(500, {}));
    const asked = second.calls.length;
    expect((await postChat(eager, { ...greeting, model: 'first/m' })).status).toBe(502);
    expect((await postChat(eager, greeting, { 'x-pllan-model': 'first/m' })).status).toBe(502);
    expect(second.calls.length).toBe(asked);
  });

  it('once something of the answer has been passed on', async () => {
    const [before, asked] = [first.calls.length, second.calls.length];
    first.behave(({ response }) => {
      response.writeHead(200, eventStream).write(chunk({ content: 'Hel' }), () => response.destroy());
    });
    const { text, chunks, done } = await readStream(await postChat(eager, { ...greeting, stream: true }));
    expect([text, done]).toEqual(['Hel', 1]);
    expect(chunks.at(-1)).toHaveProperty('error');
    expect([first.calls.length, second.calls.length]).toEqual([before + 1, asked]);
  });
});

describe('credentials', () => {
  it('of a provider are tried one after the other, and a refused one rests', async () => {
    first.behave((call) =>
      (keyOf(call).includes('own-key') ? answerStatus(401, {}) : answerJson('with the other key'))(call),
    );
    const before = first.calls.length;
    for (let i = 0; i < 3; i += 1) {
      const answer = await (await postChat(resting, greeting)).json();
      expect(answer).toMatchObject({ choices: [{ message: { content: 'with the other key' } }] });
    }
    // The refused one was not asked again.
    expect(first.calls.slice(before).map(keyOf)).toEqual([
      'Bearer own-key-0000',
      ...Array.from({ length: 3 }, () => 'Bearer other-key-1111'),
    ]);
  });

  it('that all rest for as long as their providers said are not used: 429, at once', async () => {
    const other = { ...greeting, model: 'pllan/other' };
    first.behave(answerStatus(429, {}, { 'retry-after': '90' }));
    second.behave(answerStatus(429, {}, { 'retry-after': '30' }));
    const told = await postChat(resting, other);
    expect([told.status, told.headers.get('retry-after')]).toEqual([429, '30']);
    const asked = [first.calls.length, second.calls.length];
    const again = await postChat(resting, other);
    expect(again.status).toBe(429);
    expect(Number(again.headers.get('retry-after'))).toBeLessThanOrEqual(30);
    expect([first.calls.length, second.calls.length]).toEqual(asked);
  });
});
