/** Providers of each kind: what they are asked, and what of all that they can do reaches the client (http.md §7). */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, greeting, postChat, readStream } from '../../support/chat.js';
import { answerIn, dialects, sse, type Dialect } from '../../support/dialects.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { png } from '../../support/images.js';
import {
  answerStatus,
  startMockProvider,
  type MockProvider,
  type ProviderCall,
} from '../../support/mock-provider.js';

type Act = (call: ProviderCall) => void;

const KEY = 'sk-provider-key-000000';
const failed = { status: 502, type: 'upstream_error', message: 'The model provider failed' };
const late = { status: 504, type: 'upstream_timeout', message: 'The model provider did not answer in time' };
const refused = { status: 502, type: 'upstream_auth_error' };
const limited = { status: 429, type: 'rate_limit_error' };
const eventStream = { 'content-type': 'text/event-stream' };
const weather = {
  type: 'function',
  function: { name: 'weather', description: 'Tells it.', parameters: { type: 'object', properties: {} } },
};
const call = { id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' };
const thought = { text: 'Hm, Bern.', signed: 'c2lnbmVk' };

let provider: MockProvider;
/** Is asked when the other one fails. */
let spare: MockProvider;
let gateway: TestGateway;
/** Who was asked, in order. */
let asked: string[] = [];

beforeAll(async () => {
  [provider, spare] = await Promise.all([startMockProvider(), startMockProvider()]);
  const entry = (api: string, baseUrl: string): object => ({
    baseUrl,
    apiKey: KEY,
    api,
    timeouts: { firstByteMs: 400, idleMs: 400 },
    models: [{ id: 'm', input: ['text', 'image'], maxTokens: 1_000 }],
  });
  const providers = dialects.flatMap(({ api }) => [
    [api, entry(api, provider.baseUrl)],
    [`${api}-spare`, entry(api, spare.baseUrl)],
  ]);
  const list = dialects.map(({ api }) => ({
    id: api,
    model: { primary: `${api}/m`, fallbacks: [`${api}-spare/m`] },
  }));
  gateway = await startGateway({
    config: {
      models: { providers: Object.fromEntries(providers) as object },
      agents: { list: [{ id: 'main', model: `${dialects[0]?.api}/m` }, ...list] },
      auth: { cooldowns: { firstMs: 1, maxMs: 1, authFirstMs: 1, authMaxMs: 1 } },
    },
  });
});
afterAll(async () => {
  await gateway?.stop();
  await Promise.all([provider?.stop(), spare?.stop()]);
});

describe.each(dialects.map((dialect) => [dialect.api, dialect] as const))('%s', (api, dialect) => {
  const chat = (extra: object = {}): Promise<Response> =>
    postChat(gateway, { ...greeting, model: `${api}/m`, ...extra });
  const lastCall = (): ProviderCall => provider.calls.at(-1) as ProviderCall;
  const behave = (act: Act): void =>
    provider.behave((one) => {
      asked.push('first');
      act(one);
    });
  const says = (said: Parameters<Dialect['whole']>[0]): void => behave(answerIn(dialect, said));
  /** A stream in these pieces; the connection stays open. */
  const sends =
    (...pieces: readonly string[]): Act =>
    ({ response }) => {
      response.writeHead(200, eventStream);
      for (const piece of pieces) response.write(piece);
    };
  const hello = dialect.events({ text: 'Hi' }).map(sse);
  const afterWord = hello.findIndex((event) => event.includes('"H"')) + 2;
  /** Nothing said yet … */
  const opening = hello.slice(0, 1);
  /** … and something. */
  const begun = hello.slice(0, afterWord).join('');

  beforeEach(async () => {
    spare.behave((one) => {
      asked.push('spare');
      answerIn(dialect, { text: 'from the spare one' })(one);
    });
    // No failure of an earlier test is to make the origin one that is left alone.
    says({ text: 'well' });
    expect((await chat()).status).toBe(200);
    asked = [];
  });

  describe('answers', () => {
    it('whole, with its usage', async () => {
      says({ text: 'Hello' });
      expect(await (await chat({ max_tokens: 7, temperature: 0.5 })).json()).toMatchObject({
        choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 5,
          total_tokens: 15,
          prompt_tokens_details: { cached_tokens: 4 },
        },
      });
      const { request, body } = lastCall();
      expect(request.url).toBe(dialect.path);
      expect(body).toMatchObject({ model: 'm', temperature: 0.5 });
      expect(body.max_tokens ?? body.max_output_tokens).toBe(7);
      expect(request.headers['x-api-key'] ?? request.headers.authorization).toMatch(new RegExp(`${KEY}$`));
      expect(request.headers['accept-encoding']).toBe('identity');
    });

    it('as a stream, with its usage', async () => {
      says({ text: 'Hello' });
      const { text, chunks, done } = await readStream(
        await chat({ stream: true, stream_options: { include_usage: true } }),
      );
      expect([text, done]).toEqual(['Hello', 1]);
      expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5 });
    });

    it('with calls of tools, whole and in a stream, and is given the results', async () => {
      says({ text: 'Let me see.', call });
      const tools = {
        tools: [weather],
        tool_choice: { type: 'function', function: { name: 'weather' } },
      };
      const made = {
        id: 'call_1',
        type: 'function',
        function: { name: 'weather', arguments: call.arguments },
      };
      expect(await (await chat(tools)).json()).toMatchObject({
        choices: [{ finish_reason: 'tool_calls', message: { content: 'Let me see.', tool_calls: [made] } }],
      });
      expect(JSON.stringify(lastCall().body.tools)).toContain('Tells it.');
      expect(JSON.stringify(lastCall().body.tool_choice)).toContain('"name":"weather"');
      const { chunks } = await readStream(await chat({ ...tools, stream: true }));
      const deltas = chunks.flatMap(({ choices }) => choices?.[0]?.delta.tool_calls ?? []) as {
        id?: string;
        function: { name?: string; arguments: string };
      }[];
      expect(deltas[0]).toMatchObject({ id: 'call_1', function: { name: 'weather' } });
      expect(deltas.map((one) => one.function.arguments).join('')).toBe(call.arguments);

      says({ text: 'Rain.' });
      await chat({
        messages: [
          { role: 'user', content: 'Weather?' },
          { role: 'assistant', content: null, tool_calls: [made] },
          { role: 'tool', tool_call_id: 'call_1', content: 'wet' },
        ],
      });
      const shown = JSON.stringify(lastCall().body.input ?? lastCall().body.messages);
      expect(shown).toContain('wet');
      expect(shown).toContain('call_1');
    });

    it('about images', async () => {
      says({ text: 'A dot.' });
      const data = png(64).toString('base64');
      const content = [
        { type: 'text', text: 'What is it?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
      ];
      expect((await chat({ messages: [{ role: 'user', content }] })).status).toBe(200);
      expect(JSON.stringify(lastCall().body)).toContain(data);
    });

    it('after it has thought, which is not part of the answer', async () => {
      says({ text: 'Rain.', thought });
      for (const stream of [false, true]) {
        const response = await chat({ stream, reasoning_effort: 'high', max_tokens: 10_000 });
        const text = await response.text();
        expect(text).not.toContain(thought.text);
        expect(text).not.toContain(thought.signed);
        expect(text).toContain(stream ? '"content":"R"' : '"content":"Rain."');
        expect(JSON.stringify(lastCall().body)).toMatch(/high|budget_tokens/);
      }
    });

    it('whose type is another than that of what they are', async () => {
      const plain = { 'content-type': 'text/plain' };
      const whole = JSON.stringify(dialect.whole({ text: 'Hi' }));
      for (const body of [hello.join(''), whole]) {
        behave(({ response }) => response.writeHead(200, plain).end(body));
        expect((await readStream(await chat({ stream: true }))).text).toBe('Hi');
        expect(await (await chat()).json()).toMatchObject({ choices: [{ message: { content: 'Hi' } }] });
      }
    });
  });

  const whole = JSON.stringify(dialect.whole({ text: 'Hi' }));
  const json = { 'content-type': 'application/json' };
  /** `tries`: a connection that breaks is tried again. */
  const troubles: readonly {
    readonly name: string;
    readonly act: Act;
    readonly told: object;
    readonly retryAfter?: string;
    readonly tries?: number;
    readonly form?: 'JSON' | 'stream';
  }[] = [
    { name: '401', act: answerStatus(401, {}), told: refused },
    { name: '403', act: answerStatus(403, {}), told: refused },
    { name: '429', act: answerStatus(429, {}, { 'retry-after': '9' }), told: limited, retryAfter: '9' },
    { name: '500', act: answerStatus(500, {}), told: failed },
    { name: '503', act: answerStatus(503, {}), told: failed },
    { name: '529', act: answerStatus(529, dialect.wholeError('overload')), told: failed },
    { name: 'silence', act: () => {}, told: late },
    {
      name: 'silence after the head',
      act: ({ response }) => response.writeHead(200, eventStream).flushHeaders(),
      told: late,
    },
    { name: 'a reset', act: ({ response }) => response.destroy(), told: failed, tries: 3 },
    {
      name: 'a reset after the head',
      act: ({ response }) => response.writeHead(200, eventStream).write(':\n\n', () => response.destroy()),
      told: failed,
    },
    {
      name: 'a stream without an answer',
      act: ({ response }) => response.writeHead(200, eventStream).end(),
      told: failed,
    },
    {
      name: 'an event that is not JSON',
      act: ({ response }) => response.writeHead(200, eventStream).end('data: {oops\n\n'),
      told: failed,
    },
    {
      name: 'a line without end',
      act: ({ response }) => response.writeHead(200, eventStream).end(`data: ${'x'.repeat(2 ** 23)}`),
      told: failed,
    },
    {
      name: 'a limit told in a stream',
      act: sends(...opening, sse(dialect.error('limit'))),
      told: limited,
    },
    {
      name: 'a load told in a stream',
      act: sends(...opening, sse(dialect.error('overload'))),
      told: failed,
    },
    {
      name: 'an error where the answer should be',
      act: answerStatus(200, dialect.wholeError('overload')),
      told: failed,
    },
    {
      name: 'gzip',
      act: ({ response }) =>
        response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync(whole)),
      told: failed,
    },
    {
      name: 'a gzip stream',
      act: ({ response }) =>
        response.writeHead(200, { ...eventStream, 'content-encoding': 'gzip' }).end(gzipSync(hello.join(''))),
      told: failed,
    },
    {
      name: 'a page',
      act: ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      told: failed,
    },
    {
      name: 'a page that says that it is a stream',
      act: ({ response }) => response.writeHead(200, eventStream).end('<html>\n\n</html>\n\n'),
      told: failed,
    },
    {
      name: 'an answer of another API',
      act: ({ response }) => response.writeHead(200, json).end('{"hello":1}'),
      told: failed,
    },
  ];

  describe.each(troubles)('before the first word, $name', ({ act, told, retryAfter, tries = 1 }) => {
    const firsts = Array.from({ length: tries }, () => 'first');

    it.each([false, true])('is told with its true status (stream: %s)', async (stream) => {
      behave(act);
      const response = await chat({ stream });
      expect(response.headers.get('retry-after')).toBe(retryAfter ?? null);
      expect(await errorOf(response)).toMatchObject(told);
      expect(asked).toEqual(firsts);
    });

    it.each([false, true])('gives way to the fallback (stream: %s)', async (stream) => {
      behave(act);
      const response = await chat({ model: `pllan/${api}`, stream });
      const text = stream ? (await readStream(response)).text : await response.text();
      if (stream) expect(text).toBe('from the spare one');
      else
        expect(JSON.parse(text)).toMatchObject({ choices: [{ message: { content: 'from the spare one' } }] });
      expect(asked).toEqual([...firsts, 'spare']);
    });
  });

  it('whose request is refused is not asked again, nor is the fallback', async () => {
    behave(answerStatus(400, { error: { type: 'invalid_request_error', message: 'no' } }));
    for (const stream of [false, true])
      expect(await errorOf(await chat({ model: `pllan/${api}`, stream }))).toMatchObject({
        status: 400,
        message: 'no',
      });
    expect(asked).toEqual(['first', 'first']);
  });

  describe('once a word has been said, nobody is asked again: the stream breaks off', () => {
    it.each<[string, Act, string]>([
      ['an error', sends(begun, sse(dialect.error('overload'))), 'upstreamFailed'],
      ['silence', sends(begun), 'upstreamTimeout'],
      [
        'a reset',
        ({ response }) => response.writeHead(200, eventStream).write(begun, () => response.destroy()),
        'upstreamFailed',
      ],
      ['an early end', ({ response }) => response.writeHead(200, eventStream).end(begun), 'upstreamFailed'],
      ['an event that is not JSON', sends(begun, 'data: {oops\n\n'), 'upstreamFailed'],
      ['a line without end', sends(begun, `data: ${'x'.repeat(2 ** 23)}`), 'upstreamFailed'],
    ])('after %s', async (_what, act, code) => {
      behave(act);
      const response = await chat({ model: `pllan/${api}`, stream: true });
      const { text, chunks, done } = await readStream(response);
      expect([text, chunks.at(-1)?.error, done]).toMatchObject(['Hi', { code }, 1]);
      expect(asked).toEqual(['first']);
    });
  });
});
