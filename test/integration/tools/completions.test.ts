/** Chat completions in which the model calls the gateway's tools, its client's, or both (http.md §7). */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { postChat, readStream, type ReadStream } from '../../support/chat.js';
import { connectControl } from '../../support/control-client.js';
import { startFor } from '../../support/gateway.js';
import type { ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { onSession, say } from '../../support/session-chat.js';
import { answersWith, messagesOf, offeredIn } from '../../support/tool-provider.js';
import { call, inShort, rowsOf, testTools } from '../../support/tool-story.js';
import { waitFor } from '../../support/wait-for.js';
import { scrape } from '../../support/metrics.js';

const { provider, gateway } = await startWithProvider({
  config: { agents: { defaults: { model: 'mock/m-1' } }, ...testTools },
});

const echo = (text: string) => ({ name: 'test_echo', args: { text } });
const weather = { name: 'weather', args: { city: 'Bern' }, id: 'call_w' };
const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
const asked = (): ProviderCall => provider.calls.at(-1) as ProviderCall;

interface Completion {
  readonly choices: readonly [
    {
      readonly message: { readonly content: string | null; readonly tool_calls?: readonly object[] };
      readonly finish_reason: string;
    },
  ];
  readonly usage: object;
}

const complete = async (body: object, headers = {}): Promise<Completion> => {
  const response = await postChat(gateway, body, headers);
  expect(response.status).toBe(200);
  return (await response.json()) as Completion;
};
const stream = async (body: object, headers = {}): Promise<ReadStream> =>
  readStream(
    await postChat(gateway, { ...body, stream: true, stream_options: { include_usage: true } }, headers),
  );
const finishOf = ({ chunks }: ReadStream): unknown =>
  chunks
    .map(({ choices }) => choices?.[0]?.finish_reason)
    .filter(Boolean)
    .join();
const calledIn = ({ chunks }: ReadStream): unknown[] =>
  chunks.flatMap(({ choices }) => (choices?.[0]?.delta.tool_calls as unknown[] | undefined) ?? []);

describe.each([
  ['without a session', () => ({})],
  ['on a session', () => onSession(`tools-${randomUUID()}`)],
])('a completion %s', (_where, headers) => {
  it("the gateway's tools are run, and the client sees text alone", async () => {
    provider.behave(answersWith({ text: 'Looking.', calls: [echo('found')] }, { text: 'Here.' }));
    const usage = { prompt_tokens: 20, completion_tokens: 2, total_tokens: 22 };
    expect(await complete(say('where?'), headers())).toMatchObject({
      choices: [{ message: { content: 'Looking.\n\nHere.' }, finish_reason: 'stop' }],
      usage,
    });
    expect(messagesOf(asked()).at(-1)).toMatchObject({ role: 'tool', content: 'found' });
    const streamed = await stream(say('where?'), headers());
    expect([streamed.text, finishOf(streamed), calledIn(streamed), streamed.done]).toEqual([
      'Looking.\n\nHere.',
      'stop',
      [],
      1,
    ]);
    expect(streamed.chunks.at(-1)?.usage).toEqual(usage);
  });

  it("a call of the client's tool ends the turn", async () => {
    provider.behave(answersWith({ calls: [weather] }));
    const body = { ...say('rain?'), tools };
    expect(await complete(body, headers())).toMatchObject({
      choices: [
        {
          message: { content: null, tool_calls: [{ id: 'call_w', function: { name: 'weather' } }] },
          finish_reason: 'tool_calls',
        },
      ],
    });
    expect(offeredIn(asked())).toEqual(expect.arrayContaining(['weather', 'test_echo']));
    const streamed = await stream(body, headers());
    expect(finishOf(streamed)).toBe('tool_calls');
    expect(calledIn(streamed)[0]).toMatchObject({ index: 0, id: 'call_w', function: { name: 'weather' } });
  });

  it("of a mixed answer the gateway's own calls are run, and the client's are handed over", async () => {
    provider.behave(answersWith({ text: 'Both.', calls: [echo('own'), weather] }));
    const body = { ...say('rain?'), tools };
    const { choices } = await complete(body, headers());
    expect(choices[0].finish_reason).toBe('tool_calls');
    expect(choices[0].message).toMatchObject({ content: 'Both.', tool_calls: [{ id: 'call_w' }] });
    const streamed = await stream(body, headers());
    expect([streamed.text, finishOf(streamed)]).toEqual(['Both.', 'tool_calls']);
    expect(calledIn(streamed)[0]).toMatchObject({ index: 0, id: 'call_w' });
    const before = (await scrape(gateway.url)).total('pllan_tool_execution_total', { tool: 'test_echo' });
    await complete(body, headers());
    await waitFor('the call', async () => {
      return (await scrape(gateway.url)).total('pllan_tool_execution_total', { tool: 'test_echo' }) > before;
    });
  });

  it.each([['none'], ['required'], [{ type: 'function', function: { name: 'weather' } }]])(
    "with tool_choice %j only the client's tools are offered",
    async (choice) => {
      provider.behave(answersWith({ calls: [weather] }));
      await postChat(gateway, { ...say('rain?'), tools, tool_choice: choice }, headers());
      expect(offeredIn(asked())).toEqual(['weather']);
    },
  );

  it("a client's tool goes before one of the gateway's of the same name", async () => {
    provider.behave(answersWith({ calls: [{ ...echo('x'), id: 'call_e' }] }));
    const body = {
      ...say('go'),
      tools: [{ type: 'function', function: { name: 'test_echo', strict: true } }],
    };
    expect(await complete(body, headers())).toMatchObject({
      choices: [{ message: { tool_calls: [{ id: 'call_e' }] }, finish_reason: 'tool_calls' }],
    });
    expect(offeredIn(asked()).filter((name) => name === 'test_echo')).toHaveLength(1);
  });
});

describe('on a session', () => {
  it('a mixed answer leaves rows that the next turn can be told', async () => {
    const key = `mixed-${randomUUID()}`;
    const client = await connectControl(gateway.wsUrl);
    provider.behave(answersWith({ text: 'Both.', calls: [echo('own'), weather] }));
    await complete({ ...say('rain?'), tools }, onSession(key));
    provider.behave(answersWith({ text: 'Wet.' }));
    const result = { role: 'tool', tool_call_id: 'call_w', content: 'rain' };
    await complete({ messages: [result], tools }, onSession(key));
    expect(inShort(await rowsOf(client, key))).toEqual([
      'user | rain?',
      'assistant | Both. | call test_echo',
      'toolResult | test_echo | ok | own',
      'assistant | call weather',
      'toolResult | weather | ok | rain',
      'assistant | Wet.',
    ]);
    expect(messagesOf(asked()).map(({ role, tool_call_id: id }) => `${role} ${id ?? ''}`.trim())).toEqual([
      'user',
      'assistant',
      'tool call_0_test_echo',
      'assistant',
      'tool call_w',
    ]);
  });
});

describe('a client that goes', () => {
  it.each([
    ['without a session', {}],
    ['on a session', onSession(`gone-${randomUUID()}`)],
  ])('ends the tool that runs for it, %s', async (_where, headers) => {
    provider.behave(answersWith({ calls: [{ name: 'test_wait', args: { ms: 60_000 } }] }));
    const before = await scrape(gateway.url);
    const leaving = new AbortController();
    const request = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer test-token-0123456789abcdef',
        ...headers,
      },
      body: JSON.stringify(say('go')),
      signal: leaving.signal,
    }).catch(() => undefined);
    await waitFor('the call', async () => (await scrape(gateway.url)).total('pllan_tool_threads') > 0);
    leaving.abort();
    await request;
    const aborted = { tool: 'test_wait', error_category: 'aborted' };
    await waitFor('its end', async () => {
      const [then, now] = [before, await scrape(gateway.url)].map((one) =>
        one.total('pllan_tool_execution_total', aborted),
      );
      return (now ?? 0) > (then ?? 0);
    });
  });
});

describe('without tools', () => {
  it.each([
    ['of a default gateway', {}],
    ['that are turned off', { tools: { profile: 'full' }, gateway: { workers: { toolThreads: 0 } } }],
  ])('%s nothing is offered to a plain completion', async (_what, config) => {
    const own = await startWithProvider(
      { config: { agents: { defaults: { model: 'mock/m-1' } }, ...config } },
      (stop) => stops.push(stop),
    );
    try {
      await postChat(own.gateway, say('Hi'));
      expect((own.provider.calls.at(-1) as ProviderCall).body).not.toHaveProperty('tools');
    } finally {
      for (const stop of stops.splice(0)) await stop();
    }
  });

  it('a call that the model makes up is handed over as before', async (test) => {
    const plain = await startFor(test, {});
    const response = await postChat(plain, say(call('test_echo', { text: 'x' })));
    const { choices } = (await response.json()) as Completion;
    expect(choices[0]).toMatchObject({
      message: { tool_calls: [{ function: { name: 'test_echo' } }] },
      finish_reason: 'tool_calls',
    });
  });
});

const stops: (() => Promise<void>)[] = [];
