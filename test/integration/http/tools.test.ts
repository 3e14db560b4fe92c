/** Functions that the client runs itself: what is checked, what reaches the provider and comes back (http.md §7). */
import { beforeEach, describe, expect, it } from 'vitest';
import { errorOf, greeting, postChat, readStream } from '../../support/chat.js';
import { answerJson, answerStream, chunk, type ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';

const { provider, gateway } = await startWithProvider();
beforeEach(() => provider.behave(answerJson('Hello')));

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
    strict: true,
  },
};
const named = (name: string) => ({ type: 'function', function: { name } });

/** A provider that calls `weather` twice, in one piece or streamed. */
function callsWeather({ body, response }: ProviderCall): void {
  const calls = [
    { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
    {
      id: 'call_b',
      type: 'function',
      function: { name: 'weather', arguments: `{"city":"${'x'.repeat(600)}"}` },
    },
  ];
  if (body.stream !== true) {
    response.setHeader('content-type', 'application/json');
    const message = { role: 'assistant', content: null, tool_calls: calls };
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [index, call] of calls.entries()) {
    const { arguments: args, ...rest } = call.function;
    response.write(chunk({ tool_calls: [{ index, ...call, function: { ...rest, arguments: '' } }] }));
    const half = Math.floor(args.length / 2);
    for (const part of [args.slice(0, half), args.slice(half)])
      response.write(chunk({ tool_calls: [{ index, function: { arguments: part } }] }));
  }
  response.write(chunk({}, 'tool_calls'));
  response.end('data: [DONE]\n\n');
}

interface Delta {
  readonly index: number;
  readonly id?: string;
  readonly type?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}

describe('tools', () => {
  it.each([
    ['a tool of another type', { tools: [{ type: 'web_search' }] }],
    ['a tool without a function', { tools: [{ type: 'function' }] }],
    ['a tool without a name', { tools: [{ type: 'function', function: {} }] }],
    ['a tool with an empty name', { tools: [named('')] }],
    ['tools that are no list', { tools: weather }],
    ['a choice that names no tool', { tools: [weather], tool_choice: named('other') }],
    ['a named choice without tools', { tool_choice: named('weather') }],
    ['a required choice without tools', { tool_choice: 'required' }],
    ['a choice of an unknown kind', { tools: [weather], tool_choice: 'sometimes' }],
    ['a choice of another type', { tools: [weather], tool_choice: { type: 'allowed_tools' } }],
  ])('%s: 400', async (_what, body) => {
    const told = await errorOf(await postChat(gateway, { ...greeting, ...body }));
    expect(told).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(told.message).toMatch(/^Invalid tools\/tool_choice: \S/);
  });

  it.each([undefined, 'auto', 'none'])('reach the provider whole, with choice %s', async (choice) => {
    const body = { ...greeting, tools: [weather], ...(choice === undefined ? {} : { tool_choice: choice }) };
    expect((await postChat(gateway, body)).status).toBe(200);
    expect(provider.calls.at(-1)?.body.tools).toEqual([weather]);
    expect(provider.calls.at(-1)?.body.tool_choice).toEqual(choice);
  });

  it('that are none are not sent', async () => {
    expect((await postChat(gateway, { ...greeting, tools: [], tool_choice: 'auto' })).status).toBe(200);
    expect(provider.calls.at(-1)?.body).not.toHaveProperty('tools');
    expect(provider.calls.at(-1)?.body).not.toHaveProperty('tool_choice');
  });
});

describe('calls of the model', () => {
  it.each(['auto', 'required', named('weather')])('come back as JSON (choice %j)', async (choice) => {
    provider.behave(callsWeather);
    const body = { ...greeting, tools: [weather], tool_choice: choice };
    const { choices } = (await (await postChat(gateway, body)).json()) as { choices: unknown };
    expect(provider.calls.at(-1)?.body.tool_choice).toEqual(choice);
    expect(choices).toEqual([
      {
        index: 0,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
            expect.objectContaining({ id: 'call_b' }),
          ],
        },
      },
    ]);
  });

  it.each([callsWeather, wholeAnswer])(
    'come back in pieces of at most 256 characters (%o)',
    async (behaviour) => {
      provider.behave(behaviour);
      const { chunks, text, done } = await readStream(
        await postChat(gateway, { ...greeting, stream: true, tools: [weather] }),
      );
      const deltas = chunks.flatMap(({ choices }) => (choices?.[0]?.delta.tool_calls ?? []) as Delta[]);
      const first = deltas.filter(({ id }) => id !== undefined);
      expect(first).toEqual([
        { index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } },
        { index: 1, id: 'call_b', type: 'function', function: { name: 'weather', arguments: '' } },
      ]);
      for (const { function: made } of deltas) expect(made.arguments.length).toBeLessThanOrEqual(256);
      const argumentsOf = (wanted: number): string =>
        deltas
          .filter(({ index }) => index === wanted)
          .map((delta) => delta.function.arguments)
          .join('');
      expect(argumentsOf(0)).toBe('{"city":"Bern"}');
      expect(argumentsOf(1)).toBe(`{"city":"${'x'.repeat(600)}"}`);
      expect(text).toBe('');
      expect(chunks.at(-1)?.choices?.[0]?.finish_reason).toBe('tool_calls');
      expect(done).toBe(1);
    },
  );

  it('and their results go back to the provider as they were', async () => {
    const call = {
      id: 'call_a',
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Bern"}' },
    };
    const messages = [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'Let me look.', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_a', content: 'Sunny' },
    ];
    const response = await postChat(gateway, { messages, tools: [weather] });
    expect(response.status).toBe(200);
    expect(provider.calls.at(-1)?.body.messages).toEqual(messages);
  });

  it.each(['required', named('weather')])('that were demanded (%j) and not made: 502', async (choice) => {
    const body = { ...greeting, tools: [weather], tool_choice: choice };
    const told = await errorOf(await postChat(gateway, body));
    expect(told).toMatchObject({ status: 502, type: 'api_error' });
    expect(told.message).not.toBe('');
  });

  it('of another tool than the one demanded: 502', async () => {
    provider.behave(callsWeather);
    const tools = [weather, named('other')];
    const told = await errorOf(await postChat(gateway, { ...greeting, tools, tool_choice: named('other') }));
    expect(told).toMatchObject({ status: 502, type: 'api_error' });
  });

  it('that were demanded and not made end a stream with an error', async () => {
    provider.behave(answerStream(['no ', 'thanks']));
    const body = { ...greeting, stream: true, tools: [weather], tool_choice: 'required' };
    const { chunks, done } = await readStream(await postChat(gateway, body));
    expect(chunks.at(-1)?.error).toMatchObject({ message: 'internal error', type: 'api_error' });
    expect(done).toBe(1);
  });
});

/** The same calls in one piece, also when a stream was asked for. */
function wholeAnswer(call: ProviderCall): void {
  callsWeather({ ...call, body: { ...call.body, stream: false } });
}
