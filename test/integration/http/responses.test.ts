/** `POST /v1/responses`: what is asked, what the model is shown, what comes back (http.md §8). */
import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bearer } from '../../support/chat.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { TOKEN } from '../../support/gateway.js';
import { png } from '../../support/images.js';
import {
  answerJson,
  answerStatus,
  answerStream,
  chunk,
  type ProviderCall,
} from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { postResponse } from '../../support/responses.js';
import { answer, newKey } from '../../support/session-calls.js';

const { provider, gateway } = await startWithProvider({
  entry: { models: [{ id: 'm-1', input: ['text', 'image'] }] },
});
const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: TOKEN, maxRetries: 0 });
let control: ControlClient;
beforeAll(async () => void (control = await connectControl(gateway.wsUrl)));
beforeEach(() => provider.behave(answerStream(['Hel', 'lo'])));

const post = (body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response> =>
  postResponse(gateway, body, headers);

interface Told {
  readonly type: string;
  readonly response?: { readonly status: string; readonly error?: unknown };
}

/** The events of a stream, and the end mark, each named as it is announced. */
async function eventsOf(response: Response): Promise<Told[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((one) => one !== '' && !one.startsWith(':'))
    .map((one) => {
      if (one === 'data: [DONE]') return { type: '[DONE]' };
      const [, type, data = ''] = /^event: (\S+)\ndata: (.*)$/.exec(one) ?? [];
      const told = JSON.parse(data) as Told;
      expect(told.type).toBe(type);
      return told;
    });
}

/** What the model was shown last. */
function shown(): Record<string, unknown> {
  return provider.calls.at(-1)?.body ?? {};
}

const stateless = { model: 'pllan', store: false } as const;
const look = { type: 'function', name: 'look', parameters: { type: 'object' }, strict: true } as const;

function callsLook({ body, response }: ProviderCall): void {
  const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } };
  if (body.stream !== true) {
    const message = { role: 'assistant', content: null, tool_calls: [call] };
    response.end(JSON.stringify({ choices: [{ message, finish_reason: 'tool_calls' }] }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`${chunk({ tool_calls: [{ index: 0, ...call }] })}${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
}

describe.each([
  ['without a session', false],
  ['on a session', true],
])('%s', (_where, store) => {
  it('the official client gets a response with text and usage', async () => {
    const response = await client.responses.create({ model: 'pllan/main', input: 'Hi', store });
    expect(response.output_text).toBe('Hello');
    expect(response).toMatchObject({ object: 'response', status: 'completed', model: 'pllan/main' });
    expect(response.id).toMatch(/^resp_[0-9a-f-]{36}$/);
    expect(response.output).toEqual([
      {
        type: 'message',
        id: expect.stringMatching(/^msg_/) as string,
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
        status: 'completed',
      },
    ]);
    expect(response.usage?.total_tokens).toBe(5);
    expect(shown().messages).toEqual([{ role: 'user', content: 'Hi' }]);
  });

  it('a stream has its events in order', async () => {
    const events = await eventsOf(await post({ model: 'pllan', input: 'Hi', store, stream: true }));
    const types = events.map(({ type }) => type);
    expect(types.filter((type, n) => type !== types[n - 1])).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
      '[DONE]',
    ]);
    expect(events[0]?.response).toMatchObject({ status: 'in_progress', output: [] });
    expect(events.at(-2)?.response).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: 'Hello' }] }],
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    });
  });

  it('the stream helper of the official client puts the answer together', async () => {
    const stream = client.responses.stream({ model: 'pllan', input: 'Hi', store });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => void (text += delta));
    const response = await stream.finalResponse();
    expect(text).toBe('Hello');
    expect(response.output_text).toBe('Hello');
  });

  it('calls of functions come back, and their outputs go in', async () => {
    provider.behave(callsLook);
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'Look' }];
    const first = await client.responses.create({ model: 'pllan', input, tools: [look], store });
    expect(first.status).toBe('completed');
    expect(first.output).toEqual([
      {
        type: 'function_call',
        id: 'call_1',
        call_id: 'call_1',
        name: 'look',
        arguments: '{"a":1}',
        status: 'completed',
      },
    ]);
    expect((shown().tools as object[])[0]).toEqual({
      type: 'function',
      function: { name: 'look', parameters: { type: 'object' }, strict: true },
    });
    provider.behave(answerStream(['Hel', 'lo']));
    const output = { type: 'function_call_output', call_id: 'call_1', output: 'a dog' } as const;
    const next = [...input, ...(first.output as OpenAI.Responses.ResponseInputItem[]), output];
    const second = await client.responses.create({ model: 'pllan', input: next, tools: [look], store });
    expect(second.output_text).toBe('Hello');
    expect(shown().messages).toMatchObject([
      { role: 'user', content: 'Look' },
      { role: 'assistant', tool_calls: [{ id: 'call_1' }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'a dog' },
    ]);
  });

  it('streamed calls follow the message', async () => {
    provider.behave(callsLook);
    const body = { model: 'pllan', input: 'Look', tools: [look], store, stream: true };
    const events = await eventsOf(await post(body));
    expect(events.slice(-5)).toMatchObject([
      { type: 'response.output_item.done', output_index: 0 },
      { type: 'response.output_item.added', output_index: 1, item: { name: 'look', arguments: '{"a":1}' } },
      { type: 'response.output_item.done', output_index: 1, item: { status: 'completed' } },
      { type: 'response.completed', response: { output: [{ type: 'message' }, { call_id: 'call_1' }] } },
      { type: '[DONE]' },
    ]);
  });

  it('an answer that was cut is incomplete', async () => {
    provider.behave(({ body, response }) => {
      response.writeHead(200, { 'content-type': body.stream ? 'text/event-stream' : 'application/json' });
      const message = { role: 'assistant', content: 'Hel' };
      if (body.stream) response.end(`${chunk({ content: 'Hel' }, 'length')}data: [DONE]\n\n`);
      else response.end(JSON.stringify({ choices: [{ message, finish_reason: 'length' }] }));
    });
    const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    const body = { model: 'pllan', input: 'Hi', store, max_output_tokens: 1 };
    expect(await (await post(body)).json()).toMatchObject(cut);
    expect(shown().max_completion_tokens).toBe(1);
    const events = await eventsOf(await post({ ...body, stream: true }));
    expect(events.at(-2)).toMatchObject({ type: 'response.incomplete', response: cut });
  });

  it('a run that fails is a failed response', async () => {
    provider.behave(answerStatus(429, { error: { message: 'slow' } }, { 'retry-after': '7' }));
    const response = await post({ model: 'pllan', input: 'Hi', store });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toMatchObject({
      object: 'response',
      status: 'failed',
      error: { code: 'rate_limit_error' },
    });
  });

  it('a stream that breaks ends with a failed response', async () => {
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'Hel' }), () => response.destroy());
    });
    const events = await eventsOf(await post({ model: 'pllan', input: 'Hi', store, stream: true }));
    expect(events.slice(-2)).toMatchObject([
      { type: 'response.failed', response: { status: 'failed', error: { code: 'upstream_error' } } },
      { type: '[DONE]' },
    ]);
  });

  it('a demanded call that was not made is 502', async () => {
    const tool_choice = { type: 'function', name: 'look' };
    const response = await post({ model: 'pllan', input: 'Hi', store, tools: [look], tool_choice });
    expect(response.status).toBe(502);
    expect(shown().tool_choice).toEqual({ type: 'function', function: { name: 'look' } });
  });

  it('images are shown, in all forms', async () => {
    const data = png(500).toString('base64');
    const url = `data:image/png;base64,${data}`;
    const content = [
      { type: 'input_text', text: 'What?' },
      { type: 'input_image', image_url: url },
      { type: 'input_image', source: { type: 'base64', media_type: 'image/png', data } },
      { type: 'input_image', source: { type: 'url', url } },
    ];
    expect((await post({ model: 'pllan', store, input: [{ role: 'user', content }] })).status).toBe(200);
    const image = { type: 'image_url', image_url: { url } };
    expect(shown().messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'What?' }, image, image, image] },
    ]);
  });
});

describe('which session it is', () => {
  const texts = async (sessionKey: string): Promise<number> => {
    const { messages } = await answer(control, 'chat.history', { sessionKey });
    return (messages as unknown[]).length;
  };
  const count = async (): Promise<number> => {
    const { count: all } = await answer(control, 'sessions.list', {});
    return all as number;
  };

  it('is none without store', async () => {
    const before = await count();
    await post({ ...stateless, input: 'Hi' });
    expect(await count()).toBe(before);
    await post({ model: 'pllan', input: 'Hi' });
    expect(await count()).toBe(before + 1);
  });

  it('is the user’s, or that of the header', async () => {
    const user = randomUUID();
    await post({ ...stateless, input: 'Hi', user });
    expect(await texts(`agent:main:openresponses-user:${user}`)).toBe(2);
    const key = newKey();
    await post({ ...stateless, input: 'Hi' }, { 'x-pllan-session-key': key });
    expect(await texts(key)).toBe(2);
  });

  it('is that of the previous response of the same user', async () => {
    const first = await client.responses.create({ model: 'pllan', input: 'One' });
    const second = await client.responses.create({
      model: 'pllan',
      input: 'Two',
      previous_response_id: first.id,
    });
    const conversation = [
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Two' },
    ];
    expect(shown().messages).toEqual(conversation);
    await client.responses.create({ model: 'pllan', input: 'Three', previous_response_id: second.id });
    expect(shown().messages).toHaveLength(5);
    const stranger = { model: 'pllan', input: 'Mine', previous_response_id: first.id, user: randomUUID() };
    await client.responses.create(stranger);
    expect(shown().messages).toEqual([{ role: 'user', content: 'Mine' }]);
    await client.responses.create({ model: 'pllan', input: 'New', previous_response_id: 'resp_unknown' });
    expect(shown().messages).toEqual([{ role: 'user', content: 'New' }]);
  });

  it('a function’s output alone goes on with the response that called it', async () => {
    provider.behave(callsLook);
    const first = await client.responses.create({ model: 'pllan', input: 'Look', tools: [look] });
    provider.behave(answerStream(['Hel', 'lo']));
    const second = await client.responses.create({
      model: 'pllan',
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: 'call_1', output: 'a dog' }],
    });
    expect(second.output_text).toBe('Hello');
    expect(shown().messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'call_1' }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'a dog' },
    ]);
  });
});

describe('an earlier answer that is referred to', () => {
  /** Asks for the first time, then refers to the answer. @returns what the model was shown then */
  async function refer(first: object, second: object, between = async (): Promise<void> => {}) {
    const { output } = await client.responses.create({ model: 'pllan', input: 'One', ...first });
    await between();
    const input = [
      { role: 'user' as const, content: 'One' },
      { type: 'item_reference' as const, id: output[0]?.id ?? '' },
      { role: 'user' as const, content: 'Two' },
    ];
    await client.responses.create({ model: 'pllan', input, ...second });
    return (shown().messages as { content: string }[]).map(({ content }) => content);
  }

  it('is shown, also to a response that is not stored', async () => {
    expect(await refer({}, {})).toEqual(['One', 'Hello', 'Two']);
    expect(await refer({}, { store: false })).toEqual(['One', 'Hello', 'Two']);
  });

  it('is not shown twice where the session holds it', async () => {
    const user = randomUUID();
    expect(await refer({ user }, { user })).toEqual(['One', 'Hello', 'One', 'Two']);
  });

  it('is left out when it was not stored, is somebody else’s, or its session is gone', async () => {
    const user = randomUUID();
    expect(await refer({ store: false }, {})).toEqual(['One', 'Two']);
    expect(await refer({ user }, {})).toEqual(['One', 'Two']);
    const forget = async (): Promise<void> => {
      const { sessions } = await answer(control, 'sessions.list', { limit: 1 });
      const [{ key }] = sessions as [{ key: string }];
      await answer(control, 'sessions.delete', { key });
    };
    expect(await refer({}, {}, forget)).toEqual(['One', 'Two']);
  });
});

it('a repeated Idempotency-Key is answered again, whole and as a stream', async () => {
  for (const stream of [false, true]) {
    const headers = { 'idempotency-key': randomUUID() };
    const calls = provider.calls.length;
    const body = { ...stateless, input: 'Hi', stream };
    const first = await (await post(body, headers)).text();
    const second = await (await post(body, headers)).text();
    expect(provider.calls.length).toBe(calls + 1);
    if (stream) expect(second.slice(-500)).toBe(first.slice(-500));
    else expect(second).toBe(first);
    expect((await post({ ...body, input: 'Else' }, headers)).status).toBe(422);
  }
});

it('other methods are 405', async () => {
  const response = await fetch(`${gateway.url}/v1/responses`, { headers: bearer });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('POST');
});

it('no credential is 401', async () => {
  expect((await post({ ...stateless, input: 'Hi' }, { authorization: 'Bearer no' })).status).toBe(401);
});

it('is not served when it is disabled; models are as long as either endpoint is', async ({
  onTestFinished,
}) => {
  const http = { endpoints: { responses: { enabled: false, maxBodyBytes: 100 } } };
  const local = { mode: 'local', auth: { mode: 'token', token: TOKEN } };
  const other = await startWithProvider(
    { behaviour: answerJson('Hello'), config: { gateway: { ...local, http } } },
    onTestFinished,
  );
  const { url } = other.gateway;
  expect((await fetch(`${url}/v1/responses`, { method: 'POST', headers: bearer, body: '{}' })).status).toBe(
    404,
  );
  expect((await fetch(`${url}/v1/models`, { headers: bearer })).status).toBe(200);
  const turned = { endpoints: { chatCompletions: { enabled: false }, responses: { maxBodyBytes: 100 } } };
  const third = await startWithProvider({ config: { gateway: { ...local, http: turned } } }, onTestFinished);
  expect((await fetch(`${third.gateway.url}/v1/models/pllan`, { headers: bearer })).status).toBe(200);
  const long = { method: 'POST', headers: bearer, body: 'x'.repeat(101) };
  expect((await fetch(`${third.gateway.url}/v1/responses`, long)).status).toBe(413);
});
