/** Tools of the client in completions on a session (http.md §7.2): calls and results become part of it. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { errorOf, invalidRequest, postChat, readStream } from '../../../support/chat.js';
import { connectControl } from '../../../support/control-client.js';
import { TOKEN } from '../../../support/gateway.js';
import { answerStream, chunk, type ProviderCall } from '../../../support/mock-provider.js';
import { startWithProvider } from '../../../support/provided-gateway.js';
import { answer, newKey, runTurn } from '../../../support/session-calls.js';
import { onSession } from '../../../support/session-chat.js';
import { offeredIn } from '../../../support/tool-provider.js';

const { provider, gateway } = await startWithProvider({
  entry: { models: [{ id: 'm-1' }, { id: 'm-2' }] },
});
const client = await connectControl(gateway.wsUrl);

const look = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } } as const;
const user = (content: string) => ({ role: 'user', content }) as const;
const result = (tool_call_id: string, content: string) => ({ role: 'tool', tool_call_id, content }) as const;

function callTools(...calls: readonly (readonly [id: string, args: string])[]): (call: ProviderCall) => void {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'Let me look.' }));
    for (const [index, [id, args]] of calls.entries()) {
      const call = { index, id, type: 'function', function: { name: 'look', arguments: args } };
      response.write(chunk({ tool_calls: [call] }));
    }
    response.end(`${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
  };
}

/** What the provider was sent last. */
function sent(): { messages: Record<string, unknown>[]; tools?: readonly unknown[]; tool_choice?: unknown } {
  return provider.calls.at(-1)?.body as never;
}

async function rowsOf(sessionKey: string): Promise<Record<string, unknown>[]> {
  const { messages } = await answer(client, 'chat.history', { sessionKey });
  return messages as Record<string, unknown>[];
}

describe('a turn that ends in calls', () => {
  it('goes on with their results in the next request, and the session has it all', async () => {
    const key = newKey();
    provider.behave(callTools(['call_1', '{"a":1}'], ['call_2', '{"b":2}']));
    const openai = new OpenAI({
      baseURL: `${gateway.url}/v1`,
      apiKey: TOKEN,
      defaultHeaders: onSession(key),
      maxRetries: 0,
    });
    const first = await openai.chat.completions.create({
      model: 'pllan',
      messages: [user('weather?')],
      tools: [look],
    });
    expect(first.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Let me look.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
          { id: 'call_2', type: 'function', function: { name: 'look', arguments: '{"b":2}' } },
        ],
      },
    });
    expect(sent().tools?.[0]).toEqual(look);
    // Behind it those that the agent itself has.
    expect(offeredIn(provider.calls.at(-1) as ProviderCall)).toEqual([
      'look',
      'sessions_list',
      'sessions_history',
      'session_status',
      'agents_list',
    ]);
    provider.behave(answerStream(['Sunny']));
    const second = await openai.chat.completions.create({
      model: 'pllan',
      messages: [result('call_1', 'sun'), result('call_2', 'wind')],
      tools: [look],
    });
    expect(second.choices[0]?.message.content).toBe('Sunny');
    expect(sent().messages).toMatchObject([
      { role: 'user', content: 'weather?' },
      { role: 'assistant', tool_calls: [{ id: 'call_1' }, { id: 'call_2' }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'sun' },
      { role: 'tool', tool_call_id: 'call_2', content: 'wind' },
    ]);
    expect(await rowsOf(key)).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        stopReason: 'toolUse',
        content: [
          { type: 'text', text: 'Let me look.' },
          { type: 'toolCall', id: 'call_1', name: 'look', arguments: { a: 1 } },
          { type: 'toolCall', id: 'call_2' },
        ],
      },
      { role: 'toolResult', toolCallId: 'call_1', content: [{ type: 'text', text: 'sun' }], isError: false },
      { role: 'toolResult', toolCallId: 'call_2', toolName: 'look' },
      { role: 'assistant', content: [{ text: 'Sunny' }] },
    ]);
  });

  it('may be repeated in the next request, as clients do that keep the conversation themselves', async () => {
    const key = newKey();
    provider.behave(callTools(['call_1', '{}']));
    await postChat(gateway, { messages: [user('weather?')], tools: [look] }, onSession(key));
    provider.behave(answerStream(['Sunny']));
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
    const messages = [user('weather?'), { role: 'assistant', tool_calls: [call] }, result('call_1', 'sun')];
    expect((await postChat(gateway, { messages, tools: [look] }, onSession(key))).status).toBe(200);
    expect(sent().messages.map(({ role }) => role)).toEqual(['user', 'user', 'assistant', 'tool']);
    expect((await rowsOf(key)).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'toolResult',
      'assistant',
    ]);
    expect((await rowsOf(key))[2]).toMatchObject({ toolName: 'look' });
  });

  it('streams the calls with their arguments in pieces', async () => {
    const args = JSON.stringify({ text: 'x'.repeat(600) });
    provider.behave(callTools(['call_1', args]));
    const body = { messages: [user('weather?')], tools: [look], stream: true };
    const { chunks } = await readStream(await postChat(gateway, body, onSession(newKey())));
    const calls = chunks.flatMap(
      ({ choices }) =>
        (choices?.[0]?.delta.tool_calls ?? []) as { id?: string; function: { arguments: string } }[],
    );
    expect(calls[0]).toMatchObject({ id: 'call_1', function: { name: 'look', arguments: '' } });
    expect(calls.every(({ function: { arguments: part } }) => part.length <= 256)).toBe(true);
    expect(calls.map(({ function: { arguments: part } }) => part).join('')).toBe(args);
    expect(chunks.at(-1)?.choices?.[0]?.finish_reason).toBe('tool_calls');
  });

  it('leaves the session usable when its client never answers', async () => {
    const key = newKey();
    provider.behave(callTools(['call_1', '{}']));
    await postChat(gateway, { messages: [user('weather?')], tools: [look] }, onSession(key));
    provider.behave(answerStream(['Fine']));
    await runTurn(client, 'forget it', key);
    expect(sent().messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'call_1', content: '[no result: the call was interrupted]' },
      { role: 'user', content: 'forget it' },
    ]);
  });
});

describe('results of calls', () => {
  it('that the session does not know are told as text', async () => {
    provider.behave(answerStream(['Hm']));
    await postChat(gateway, { messages: [result('call_9', 'sun')] }, onSession(newKey()));
    expect(sent().messages).toEqual([{ role: 'user', content: '[result of the tool call call_9]\nsun' }]);
  });

  it('may come with a message of the user', async () => {
    const key = newKey();
    provider.behave(callTools(['call_1', '{}']));
    await postChat(gateway, { messages: [user('weather?')], tools: [look] }, onSession(key));
    provider.behave(answerStream(['ok']));
    await postChat(gateway, { messages: [result('call_1', 'sun'), user('and now?')] }, onSession(key));
    expect(sent().messages.slice(2)).toMatchObject([
      { role: 'tool', content: 'sun' },
      { role: 'user', content: 'and now?' },
    ]);
    expect((await rowsOf(key)).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'toolResult',
      'user',
      'assistant',
    ]);
  });
});

it('the model may be the request’s, also on a session', async () => {
  provider.behave(answerStream(['ok']));
  const headers = { ...onSession(newKey()), 'x-pllan-model': 'mock/m-2' };
  expect((await postChat(gateway, { messages: [user('x')] }, headers)).status).toBe(200);
  expect(provider.calls.at(-1)?.body.model).toBe('m-2');
  const wrong = { ...onSession(newKey()), 'x-pllan-model': 'mock/m-3' };
  expect(await errorOf(await postChat(gateway, { messages: [user('x')] }, wrong))).toEqual(
    invalidRequest("Model 'mock/m-3' is not allowed for agent 'main'."),
  );
});

it('tool_choice and sampling are the request’s, and a call that is not made is an error', async () => {
  provider.behave(answerStream(['no']));
  const body = { messages: [user('x')], tools: [look], tool_choice: 'required', temperature: 0.5, seed: 3 };
  const refused = await postChat(gateway, body, onSession(newKey()));
  expect(await errorOf(refused)).toMatchObject({ status: 502, type: 'api_error' });
  expect(sent()).toMatchObject({ tool_choice: 'required', temperature: 0.5, seed: 3 });
});

describe('results of tools that are too much for a session', () => {
  it.each([
    ['there are too many', Array.from({ length: 257 }, (_, n) => result(`call_${n}`, ''))],
    ['an id is as long as a message may not be', [result('x'.repeat(1_048_577), '')]],
  ])('are 413: %s', async (_what, results) => {
    const messages = [user('weather?'), ...results, user('well?')];
    const response = await postChat(gateway, { messages }, onSession(newKey()));
    expect(await errorOf(response)).toMatchObject({ status: 413, type: 'invalid_request_error' });
    expect((await postChat(gateway, { messages })).status).toBe(200);
  });
});
