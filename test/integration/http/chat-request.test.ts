/** What a chat completion may carry, and what of it reaches the provider (http.md §7.1). */
import { afterAll, describe, expect, it } from 'vitest';
import { bearer, errorOf, greeting, invalidRequest, postChat } from '../../support/chat.js';
import { answerJson } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';

const { provider, gateway } = await startWithProvider({ behaviour: answerJson('Hello') });
afterAll(async () => {
  expect((await postChat(gateway, greeting)).status).toBe(200);
});

const user = { role: 'user', content: 'Hi' };

/** The body that the provider got for a request that was served. */
async function forwarded(body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const response = await postChat(gateway, body);
  expect(response.status).toBe(200);
  return provider.calls.at(-1)?.body ?? {};
}

describe('a wrong type', () => {
  it.each([
    ['model', 7],
    ['messages', {}],
    ['stream', 'true'],
    ['stream_options', true],
    ['user', 1],
    ['max_tokens', '10'],
    ['max_completion_tokens', 0],
    ['temperature', [1]],
    ['top_p', '1'],
    ['frequency_penalty', {}],
    ['presence_penalty', true],
    ['seed', 1.5],
    ['stop', 5],
  ])('in %s is 400 and names the field', async (field, value) => {
    const told = await errorOf(await postChat(gateway, { ...greeting, [field]: value }));
    expect(told).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(told.message).toMatch(new RegExp(`^Invalid \`${field}\`: must `));
  });

  it.each([
    ['stream_options.include_usage', { stream_options: { include_usage: 'yes' } }],
    ['messages.0.role', { messages: [{ role: 'robot', content: 'x' }] }],
    ['messages.1.tool_call_id', { messages: [user, { role: 'tool', tool_call_id: 1, content: 'x' }] }],
    ['messages.0.content.0.type', { messages: [{ role: 'user', content: [{ text: 'x', type: 1 }] }] }],
  ])('deeper down is 400 and names %s', async (field, body) => {
    const told = await errorOf(await postChat(gateway, { ...greeting, ...body }));
    expect(told.status).toBe(400);
    expect(told.message.startsWith(`Invalid \`${field}\``)).toBe(true);
  });
});

it('a large body of nothing but wrong messages is refused for the first of them', async () => {
  const messages = `[${'0,'.repeat(9_000_000)}0]`;
  expect(await errorOf(await postChat(gateway, `{"messages":${messages}}`))).toEqual(
    invalidRequest('Invalid `messages.0`: must be object.'),
  );
});

describe('a value out of range', () => {
  it.each([
    ['temperature', -0.1],
    ['temperature', 2.1],
    ['top_p', -0.1],
    ['top_p', 1.1],
    ['frequency_penalty', -2.1],
    ['frequency_penalty', 2.1],
    ['presence_penalty', -2.1],
    ['presence_penalty', 2.1],
    ['max_tokens', -1],
    ['max_tokens', 0.5],
    ['stop', ['a', 'b', 'c', 'd', 'e']],
  ])('%s %j is 400 and names the field', async (field, value) => {
    const told = await errorOf(await postChat(gateway, { ...greeting, [field]: value }));
    expect(told).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(told.message).toContain(`\`${field}\``);
  });

  it.each([
    ['temperature', 0],
    ['temperature', 2],
    ['top_p', 0],
    ['top_p', 1],
    ['frequency_penalty', -2],
    ['presence_penalty', 2],
    ['seed', -5],
    ['stop', 'end'],
    ['stop', ['a', 'b', 'c', 'd']],
    ['max_tokens', 1],
  ])('%s %j is the last that is accepted, and is passed on', async (field, value) => {
    expect((await forwarded({ ...greeting, [field]: value }))[field]).toEqual(value);
  });
});

describe('what is passed on', () => {
  it('is every field that shapes the answer', async () => {
    const shaping = {
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } },
      reasoning_effort: 'high',
      parallel_tool_calls: false,
      logit_bias: { 50256: -100 },
      logprobs: true,
      top_logprobs: 2,
    };
    expect(await forwarded({ ...greeting, ...shaping })).toMatchObject(shaping);
  });

  it('is nothing of null, of unknown fields and of what concerns the gateway', async () => {
    const nulls = Object.fromEntries(
      [
        'temperature',
        'top_p',
        'stop',
        'seed',
        'max_tokens',
        'tools',
        'tool_choice',
        'stream',
        'stream_options',
        'user',
        'model',
        'response_format',
      ].map((field) => [field, null]),
    );
    const body = await forwarded({ ...greeting, ...nulls, metadata: { a: 1 }, shiny: true });
    expect(body).toEqual({ model: 'm-1', messages: [user] });
    expect(await forwarded({ ...greeting, user: 'someone@example.com' })).not.toHaveProperty('user');
  });

  it('prefers max_completion_tokens', async () => {
    const body = await forwarded({ ...greeting, max_tokens: 5, max_completion_tokens: 9 });
    expect(body.max_completion_tokens).toBe(9);
    expect(body).not.toHaveProperty('max_tokens');
  });
});

describe('messages', () => {
  it('of system and developer become one text in front, the rest keeps its order', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'One.' },
      { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Two' },
          { type: 'input_text', text: 'or three?' },
        ],
      },
    ];
    expect((await forwarded({ messages })).messages).toEqual([
      { role: 'system', content: 'Be brief.\n\nBe kind.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'One.' },
      { role: 'user', content: 'Two\nor three?' },
    ]);
  });

  it('of a tool that had nothing to say answer its call', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'save', arguments: '{}' } };
    const messages = [
      user,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: '' },
    ];
    expect((await forwarded({ messages })).messages).toEqual(messages);
  });

  it('may be of many bytes and of any script', async () => {
    const content = `漢字 🎈 ${'x'.repeat(3_000_000)} \u0000 "quoted"`;
    expect((await forwarded({ messages: [{ role: 'user', content }] })).messages).toEqual([
      { role: 'user', content },
    ]);
  });

  it.each([
    ['none', {}],
    ['an empty list', { messages: [] }],
    ['null', { messages: null }],
    ['only a system message', { messages: [{ role: 'system', content: 'x' }] }],
    ['only an assistant message', { messages: [{ role: 'assistant', content: 'x' }] }],
    ['a user message without text', { messages: [{ role: 'user', content: '' }] }],
    ['a user message without content', { messages: [{ role: 'user', content: null }] }],
    ['a user message of no parts', { messages: [{ role: 'user', content: [] }] }],
  ])('%s: 400', async (_what, body) => {
    expect(await errorOf(await postChat(gateway, body))).toEqual(
      invalidRequest('Missing user message in `messages`.'),
    );
  });
});

it.each(['{', '', ' ', '[]', '"text"', 'null', '7', '{"a":1}x', '\u001F\u008B\u0008'])(
  '%j is no JSON object: 400',
  async (body) => {
    const told = await errorOf(await postChat(gateway, body));
    expect(told).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(told.message).toMatch(/^Invalid JSON/);
  },
);

it('an answer without text says so, and nothing else is made up', async () => {
  provider.behave(answerJson(''));
  const answer = await (await postChat(gateway, greeting)).json();
  expect(answer).toMatchObject({ choices: [{ message: { content: 'No response from pllan.' } }] });
});

it.each([
  ['/v1/chat/completions', { ...greeting, response_format: 'HERE' }],
  ['/v1/responses', { model: 'pllan', input: 'Hi', tools: [{ type: 'function', parameters: 'HERE' }] }],
  ['/tools/invoke', { tool: 'none', args: { deep: 'HERE' } }],
])('at %s a body that goes too deep to be passed on is 400, however large', async (path, body) => {
  for (const levels of [130, 40_000]) {
    const deep = `${'{"x":'.repeat(levels)}0${'}'.repeat(levels)}`;
    const init = { method: 'POST', headers: bearer, body: JSON.stringify(body).replace('"HERE"', deep) };
    expect(await errorOf(await fetch(gateway.url + path, init))).toEqual(
      invalidRequest('Invalid JSON: must have at most 128 levels'),
    );
  }
});
