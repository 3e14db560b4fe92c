/** Turns with the gateway's own tools at providers of each kind: what goes back to the model, and what all of it costs. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, postChat } from '../../support/chat.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { answerIn, dialects, sse, type Said } from '../../support/dialects.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import {
  answerStatus,
  startMockProvider,
  type MockProvider,
  type ProviderCall,
} from '../../support/mock-provider.js';
import { askAgent, newKey, runAgent } from '../../support/run-story.js';
import { say } from '../../support/session-chat.js';
import { answer } from '../../support/session-calls.js';
import { rowsOf, testTools, textsOf } from '../../support/tool-story.js';
import { waitFor } from '../../support/wait-for.js';

const call = { id: 'call_1', name: 'test_echo', arguments: '{"text":"found"}' };
const thought = { text: 'Hm, Bern.', signed: 'c2lnbmVk' };
/** USD per million tokens. */
const cost = { input: 1_000_000, output: 2_000_000, cacheRead: 500_000 };
/** Of an answer: 6 and 5 tokens, and 4 from the cache. */
const COST = 6 + 10 + 2;

let provider: MockProvider;
let gateway: TestGateway;
let client: ControlClient;

beforeAll(async () => {
  provider = await startMockProvider();
  const entry = (api: string): object => ({
    api,
    baseUrl: provider.baseUrl,
    // Models that refuse tools are remembered: that is the matter of a model of its own.
    models: ['m', 'bare', 'strict'].map((id) => ({ id, cost })),
  });
  const agents = dialects.flatMap(({ api }) =>
    ['m', 'bare', 'strict'].map((id) => ({ id: `${api}-${id}`, model: `${api}/${id}` })),
  );
  gateway = await startGateway({
    config: {
      ...testTools,
      models: { providers: Object.fromEntries(dialects.map(({ api }) => [api, entry(api)])) as object },
      agents: { list: [{ id: 'main', model: `${dialects[0]?.api}/m` }, ...agents] },
      auth: { cooldowns: { firstMs: 1, maxMs: 1, authFirstMs: 1, authMaxMs: 1 } },
    },
  });
  client = await connectControl(gateway.wsUrl);
});
afterAll(async () => {
  await gateway?.stop();
  await provider?.stop();
});

describe.each(dialects.map((dialect) => [dialect.api, dialect] as const))('%s', (api, dialect) => {
  let asked: ProviderCall[] = [];
  /** By turns of the agent so far. */
  const used = { tokens: 0, usd: 0 };
  const uses = (tokens: number, usd: number): void => {
    used.tokens += tokens;
    used.usd += usd;
  };
  beforeEach(() => void (asked = []));
  /** One after the other; the last one again and again. */
  const acts = (...all: readonly ((call: ProviderCall) => void)[]): void =>
    provider.behave((one) => {
      asked.push(one);
      all[Math.min(asked.length, all.length) - 1]?.(one);
    });
  const says = (...all: readonly Said[]): void => acts(...all.map((said) => answerIn(dialect, said)));
  const key = (): string => `agent:${api}-m:${newKey()}`;
  const shown = (n: number): string => JSON.stringify(asked[n]?.body.input ?? asked[n]?.body.messages);
  it('the model gets its reasoning back while its turn goes on, and the results', async () => {
    says({ text: 'Looking.', call, thought }, { text: 'Done.' }, { text: 'Nothing.' });
    const sessionKey = key();
    const { final } = await runAgent(client, 'go', sessionKey);
    expect(textsOf(final.payload)).toEqual(['Looking.', 'Done.']);
    const sent = api === 'openai-completions' ? thought.text : thought.signed;
    expect(shown(1)).toContain(sent);
    expect(shown(1)).toContain('found');
    expect(shown(1).indexOf(sent)).toBeLessThan(shown(1).indexOf('found'));
    await runAgent(client, 'and?', sessionKey);
    expect(shown(2)).toContain('found');
    expect(shown(2)).not.toContain(sent);
    uses(45, 3 * COST);
  });

  it.each([false, true])('so it does in a completion without a session (stream: %s)', async (stream) => {
    says({ text: '', call, thought }, { text: 'Done.' });
    const body = { ...say('go'), model: `pllan/${api}-m`, stream };
    expect(await (await postChat(gateway, body)).text()).toMatch(/"content":"D/);
    expect(shown(1)).toContain(api === 'openai-completions' ? thought.text : thought.signed);
    uses(30, 2 * COST);
  });

  it('all answers of a turn count; the session is as long as the last one', async () => {
    says({ text: '', call }, { text: '', call: { ...call, id: 'call_2' } }, { text: 'Done.' });
    const sessionKey = key();
    const { final } = await runAgent(client, 'go', sessionKey);
    expect(final.payload).toMatchObject({
      result: { meta: { agentMeta: { usage: { input: 18, output: 15, cacheRead: 12, total: 45 } } } },
    });
    const lines = (await rowsOf(client, sessionKey)).filter(({ role }) => role === 'assistant');
    for (const { usage, provider: by, model } of lines)
      expect({ usage, by, model }).toMatchObject({
        usage: { input: 6, output: 5, cacheRead: 4, totalTokens: 15, cost: { total: COST } },
        by: api,
        model: 'm',
      });
    expect(lines).toHaveLength(3);
    await runAgent(client, 'and?', sessionKey);
    const { session } = await answer(client, 'sessions.describe', { key: sessionKey });
    expect(session).toMatchObject({ totalTokens: 15, totalTokensFresh: true });
    uses(60, 4 * COST);
  });

  it('a turn may fail after its tools were run', async () => {
    acts(answerIn(dialect, { text: '', call }), answerStatus(500, {}));
    const { final } = await runAgent(client, 'go', key());
    expect(final.payload).toMatchObject({ status: 'error' });
    expect(asked).toHaveLength(2);
    uses(15, COST);
  });

  it('a turn may be aborted after its tools were run', async () => {
    acts(answerIn(dialect, { text: '', call }), ({ response }) => {
      const events = dialect.events({ text: 'Hi' }).map(sse);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events.slice(0, events.findIndex((event) => event.includes('"H"')) + 1).join(''));
    });
    const sessionKey = key();
    const runId = askAgent(client, 'go', sessionKey);
    await client.frame('the word', ({ event, payload }) => {
      const { delta } = (payload?.data ?? {}) as { delta?: string };
      return event === 'agent' && payload?.runId === runId && delta === 'H';
    });
    await answer(client, 'chat.abort', { sessionKey, runId });
    uses(15, COST);
    // This API tells at the beginning of an answer what it has read.
    if (api === 'anthropic-messages') uses(11, 6 + 2 + 2);
  });

  it('all that these turns have used is counted, once', async () => {
    let totals: unknown;
    await waitFor('the cost of them all', async () => {
      ({ totals } = await answer(client, 'usage.cost', { agentId: `${api}-m` }));
      return (totals as { totalTokens: number }).totalTokens >= used.tokens;
    });
    const { tokens, usd } = used;
    expect(totals).toMatchObject({ totalTokens: tokens, totalCost: usd, missingCostEntries: 0 });
  });

  describe('a model that takes no tools', () => {
    const refusing = (one: ProviderCall): void => {
      asked.push(one);
      if (one.body.tools === undefined) answerIn(dialect, { text: 'Without.' })(one);
      else answerStatus(400, { error: { message: 'this model does not support tools' } })(one);
    };

    it.each([false, true])('is asked without those of the gateway (stream: %s)', async (stream) => {
      provider.behave(refusing);
      const body = { ...say('go'), model: `pllan/${api}-bare`, stream };
      const text = await (await postChat(gateway, body)).text();
      expect(text).toMatch(/"content":"W/);
      await postChat(gateway, body);
      // It is remembered.
      const offered = asked.map(({ body: sent }) => sent.tools !== undefined);
      expect(offered).toEqual(stream ? [false, false] : [true, false, false]);
    });

    it("is not asked without its client's", async () => {
      provider.behave(refusing);
      const tools = [{ type: 'function', function: { name: 'weather' } }];
      const response = await postChat(gateway, { ...say('go'), model: `pllan/${api}-strict`, tools });
      expect(await errorOf(response)).toMatchObject({
        status: 400,
        message: 'this model does not support tools',
      });
    });
  });
});
