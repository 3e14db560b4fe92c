/** `POST /v1/embeddings`: what may be asked, and what is answered (http.md §6). */
import { describe, expect, it } from 'vitest';
import { bearer, errorOf, invalidRequest } from '../../../support/chat.js';
import { answerEmbeddings, inBase64, postEmbeddings, vectorOf } from '../../../support/embeddings.js';
import { startFor, TOKEN } from '../../../support/gateway.js';
import { startWithProvider } from '../../../support/provided-gateway.js';
import { requestOnce } from '../../../support/request-once.js';
import { waitFor } from '../../../support/wait-for.js';

const { provider, gateway } = await startWithProvider({
  behaviour: answerEmbeddings(),
  config: {
    memory: { search: { provider: 'mock', model: 'embed-1', sync: { onSearch: true } }, citations: 'auto' },
  },
});
const post = (body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response> =>
  postEmbeddings(gateway, body, headers);

describe('the embeddings', () => {
  it('are one for each text, in their order, with what was used', async () => {
    provider.behave(answerEmbeddings());
    const response = await post({ model: 'pllan', input: ['a', 'bcd'], user: 'somebody' });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    expect(await response.json()).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: vectorOf('a', 0) },
        { object: 'embedding', index: 1, embedding: vectorOf('bcd', 1) },
      ],
      model: 'pllan',
      usage: { prompt_tokens: 4, total_tokens: 4 },
    });
    const { request, body } = provider.calls.at(-1) ?? {};
    expect(request?.url).toBe('/v1/embeddings');
    expect(request?.headers.authorization).toBe('Bearer sk-provider-key-000000');
    expect(body).toEqual({ model: 'embed-1', input: ['a', 'bcd'], encoding_format: 'float' });
  });

  it.each([
    ['float', undefined],
    ['float', 'base64'],
    ['base64', undefined],
    ['base64', 'float'],
  ] as const)('are %s as asked, when the provider answers in %s', async (format, always) => {
    provider.behave(answerEmbeddings(always));
    const response = await post({
      model: 'pllan/main',
      input: 'abc',
      encoding_format: format,
      dimensions: 3,
    });
    const vector = vectorOf('abc', 0);
    const { data } = (await response.json()) as { data: unknown };
    const embedding = format === 'base64' ? inBase64(vector) : vector;
    expect(data).toEqual([{ object: 'embedding', index: 0, embedding }]);
    expect(provider.calls.at(-1)?.body).toMatchObject({ encoding_format: format, dimensions: 3 });
  });

  it('may be of the largest request', async () => {
    provider.behave(answerEmbeddings());
    const input = Array.from({ length: 128 }, () => '日'.repeat(512));
    const response = await post({ model: 'pllan', input });
    const { data } = (await response.json()) as { data: unknown[] };
    expect(data).toHaveLength(128);
    expect((await post({ model: 'pllan', input: 'x'.repeat(8_192) })).status).toBe(200);
  });
});

describe('a request is refused', () => {
  const texts = '`input` must be a string or an array of strings.';
  const nothing = '`input` must contain at least one non-empty string.';
  it.each([
    ['Missing `model`.', { model: undefined }],
    ['Missing `model`.', { model: '' }],
    ['Invalid `model`: must be string.', { model: 5 }],
    ['Invalid `model`. Use `pllan` or `pllan/<agentId>`.', { model: 'text-embedding-3-small' }],
    ["Unknown agent 'ghost'.", { model: 'pllan/ghost' }],
    [texts, { input: undefined }],
    [texts, { input: { text: 'a' } }],
    [texts, { input: ['a', 5] }],
    [texts, { input: [[1, 2, 3]] }],
    [texts, { input: [1, 2, 3] }],
    [nothing, { input: '' }],
    [nothing, { input: [] }],
    [nothing, { input: ['', ' \n'] }],
    ['Too many inputs (max 128).', { input: Array.from({ length: 129 }, () => 'a') }],
    ['Input too long (max 8192 characters).', { input: ['a', 'x'.repeat(8_193)] }],
    [
      'Total input too long (max 65536 characters).',
      { input: Array.from({ length: 9 }, () => 'x'.repeat(8_000)) },
    ],
    ['Invalid `encoding_format`: must be one of "float", "base64".', { encoding_format: 'int8' }],
    ['Invalid `dimensions`: must be >= 1.', { dimensions: 0 }],
    ['Invalid `dimensions`: must be a whole number.', { dimensions: 1.5 }],
    ['Invalid `dimensions`: must be <= 65536.', { dimensions: 1e9 }],
  ])('%s', async (message, wrong) => {
    const calls = provider.calls.length;
    expect(await errorOf(await post({ model: 'pllan', input: 'a', ...wrong }))).toEqual(
      invalidRequest(message),
    );
    expect(provider.calls.length).toBe(calls);
  });

  it('when it is no JSON object', async () => {
    expect((await errorOf(await post('{'))).message).toMatch(/^Invalid JSON/);
    expect((await errorOf(await post('[]'))).message).toMatch(/^Invalid JSON/);
  });

  it('when it is larger than 5 MiB', async () => {
    expect(await errorOf(await post({ model: 'pllan', input: 'x'.repeat(5 * 1024 * 1024) }))).toMatchObject({
      status: 413,
      message: 'Payload too large',
    });
  });

  it('when it is not a POST, has no credential or too few scopes', async () => {
    const url = `${gateway.url}/v1/embeddings`;
    const { status, headers } = await requestOnce(url, { headers: bearer });
    expect([status, headers.allow]).toEqual([405, 'POST']);
    expect((await post({}, { authorization: 'Bearer wrong' })).status).toBe(401);
  });
});

it('reads with scope write only', async (test) => {
  const open = await startFor(test, { config: { gateway: { auth: { mode: 'none' } } } });
  const response = await postEmbeddings(
    open,
    { model: 'pllan', input: 'a' },
    { 'x-pllan-scopes': 'operator.read' },
  );
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: { details: { missingScope: 'operator.write' } } });
});

it('is not there when neither completions nor responses are', async (test) => {
  const http = { endpoints: { chatCompletions: { enabled: false }, responses: { enabled: false } } };
  const closed = await startFor(test, {
    config: { gateway: { mode: 'local', auth: { mode: 'token', token: TOKEN }, http } },
  });
  expect((await postEmbeddings(closed, { model: 'pllan', input: 'a' })).status).toBe(404);
});

it('says that it cannot, where nobody makes embeddings: a gateway without configuration has none', async (test) => {
  const bare = await startFor(test);
  expect(await errorOf(await postEmbeddings(bare, { model: 'pllan', input: 'a' }))).toEqual({
    status: 500,
    type: 'api_error',
    message: 'internal error',
  });
  await waitFor('the log', () => bare.stderr().includes('agent main has no memory.search'));
  // What is wrong with the request comes first.
  expect((await postEmbeddings(bare, { model: 'pllan', input: 5 })).status).toBe(400);
});
