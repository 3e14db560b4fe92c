/** Connections to a provider: which failures are tried again, and that connections are kept (http.md §7.2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, greeting, postChat, readStream } from '../../support/chat.js';
import { freePort, startGateway, type TestGateway } from '../../support/gateway.js';
import {
  answerJson,
  answerStatus,
  providerConfig,
  startMockProvider,
  type MockProvider,
} from '../../support/mock-provider.js';
import { completion, rawHttp, startRawProvider, type RawProvider } from '../../support/raw-provider.js';
import { waitFor } from '../../support/wait-for.js';

const TRIES = 3;
const failed = {
  status: 502,
  type: 'upstream_error',
  message: 'The model provider failed',
};

let provider: MockProvider;
let raw: RawProvider;
let gateway: TestGateway;

beforeAll(async () => {
  [provider, raw] = await Promise.all([startMockProvider(), startRawProvider()]);
  const { models, agents, auth } = providerConfig(provider.baseUrl) as {
    models: { providers: object };
    agents: object;
    auth: object;
  };
  const entry = (baseUrl: string) => ({ baseUrl, models: [{ id: 'm' }] });
  const providers = {
    ...models.providers,
    raw: entry(raw.baseUrl),
    gone: entry(`http://127.0.0.1:${await freePort()}/v1`),
  };
  gateway = await startGateway({ config: { models: { providers }, agents, auth } });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([provider.stop(), raw.stop()]);
});

function ask(model: 'raw/m' | 'gone/m' | 'mock/m-1', stream = false): Promise<Response> {
  return postChat(gateway, { ...greeting, model, stream });
}

describe.each([
  ['JSON', false],
  ['SSE', true],
])('%s', (_form, stream) => {
  it('from a provider that does not listen is 502', async () => {
    expect(await errorOf(await ask('gone/m', stream))).toEqual(failed);
  });

  it.each([
    ['resets the connection', 'resetAndDestroy'],
    ['ends the connection', 'destroy'],
  ] as const)('from a provider that %s before its answer is 502 after three tries', async (_what, end) => {
    raw.behave((socket) => void socket[end]());
    expect(await errorOf(await ask('raw/m', stream))).toEqual(failed);
    expect(raw.connections).toBe(TRIES);
  });

  it('is tried again until the provider answers', async () => {
    raw.behave((socket, nth) => {
      if (nth < TRIES) socket.resetAndDestroy();
      else socket.end(rawHttp(completion('third time lucky'), { connection: 'close' }));
    });
    const response = await ask('raw/m', stream);
    expect(response.status).toBe(200);
    const text = stream ? (await readStream(response)).text : await response.text();
    expect(text).toContain('third time lucky');
    expect(raw.connections).toBe(TRIES);
  });

  it.each([
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['with a broken head', 'HTTP/1.1 200 OK\r\nbroken header\r\n\r\n'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  ])('from a provider with an answer %s is 502, and not tried again', async (_what, bytes) => {
    raw.behave((socket) => void socket.end(bytes));
    expect(await errorOf(await ask('raw/m', stream))).toEqual(failed);
    expect(raw.connections).toBe(1);
  });
});

describe('an answer that is cut off', () => {
  it.each([
    ['by an end', 'end'],
    ['by a reset', 'resetAndDestroy'],
  ] as const)('%s is 502, and not tried again', async (_how, end) => {
    const body = completion('a longer text');
    raw.behave((socket) => {
      socket.write(rawHttp(body.slice(0, 20), { 'content-length': String(body.length) }), () =>
        socket[end](),
      );
    });
    expect(await errorOf(await ask('raw/m'))).toEqual(failed);
    expect(raw.connections).toBe(1);
  });
});

describe('an answer with a status', () => {
  it.each([500, 502, 503, 429, 400])('%i is not tried again', async (status) => {
    const calls = provider.calls.length;
    provider.behave(answerStatus(status, {}));
    await ask('mock/m-1');
    expect(provider.calls.length).toBe(calls + 1);
  });

  it('302 is not followed', async () => {
    const calls = provider.calls.length;
    provider.behave(answerStatus(302, {}, { location: '/v1/elsewhere' }));
    expect(await errorOf(await ask('mock/m-1'))).toEqual(failed);
    expect(provider.calls.length).toBe(calls + 1);
  });
});

describe('kept connections', () => {
  it('carry request after request', async () => {
    provider.behave(answerJson('again'));
    const before = provider.connections;
    for (let i = 0; i < 40; i += 1) expect((await ask('mock/m-1', i % 2 === 1)).status).toBe(200);
    expect(provider.connections - before).toBeLessThanOrEqual(2);
  });

  it('that the provider has closed meanwhile do no harm', async () => {
    for (let i = 0; i < 10; i += 1) {
      raw.behave((socket) => {
        socket.write(rawHttp(completion('and goodbye')), () => setImmediate(() => socket.destroy()));
      });
      expect((await ask('raw/m')).status).toBe(200);
    }
  });

  it('are as many as there are requests at a time', async () => {
    const waiting: (() => void)[] = [];
    provider.behave((call) => void waiting.push(() => answerJson('at last')(call)));
    const answers = Promise.all(Array.from({ length: 30 }, () => ask('mock/m-1')));
    await waitFor('all at the provider', () => waiting.length === 30);
    for (const answer of waiting) answer();
    expect((await answers).map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200));
    provider.behave(answerJson('Hi there'));
  });
});
