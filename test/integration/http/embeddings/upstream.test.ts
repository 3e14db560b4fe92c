/** What becomes of embeddings when their provider, or their client, does not do as it should; and what is counted (http.md §6, §7.2, §12). */
import { describe, expect, it } from 'vitest';
import { bearer, errorOf } from '../../../support/chat.js';
import { answerEmbeddings, inBase64, postEmbeddings } from '../../../support/embeddings.js';
import { scrape } from '../../../support/metrics.js';
import { answerStatus, type ProviderCall } from '../../../support/mock-provider.js';
import { startWithProvider } from '../../../support/provided-gateway.js';
import { waitFor } from '../../../support/wait-for.js';

const KEY = 'green-lantern-7731';
const { provider, gateway } = await startWithProvider({
  behaviour: answerEmbeddings(),
  entry: { apiKey: KEY, timeouts: { firstByteMs: 1_000 } },
  config: { memory: { search: { provider: 'mock', model: 'embed-1' } } },
});
const post = (): Promise<Response> => postEmbeddings(gateway, { model: 'pllan', input: ['a', 'b'] });

const row = (index: number, embedding: unknown = [1]): object => ({ object: 'embedding', index, embedding });
const whole = (...data: object[]): ((call: ProviderCall) => void) => answerStatus(200, { data });

// First: workers tell what they count once a second.
it('requests, calls and tokens are counted', async () => {
  provider.behave(answerEmbeddings());
  const before = await scrape(gateway.url);
  expect((await post()).status).toBe(200);
  const labels = { model: 'embed-1', provider: 'mock' };
  const expected = [
    ['pllan_http_requests_total', { route: '/v1/embeddings', method: 'POST', status: '200' }, 1],
    ['pllan_model_call_total', { ...labels, outcome: 'ok' }, 1],
    ['pllan_model_tokens_total', { ...labels, token_type: 'input' }, 4],
  ] as const;
  for (const [name, having, by] of expected) {
    const risen = async (): Promise<number> =>
      (await scrape(gateway.url)).total(name, having) - before.total(name, having);
    await waitFor(name, async () => (await risen()) >= by);
    expect(await risen()).toBe(by);
  }
});

describe('a provider that', () => {
  it.each([
    ['limits requests', 429, {}, 429, 'rate_limit_error'],
    ['refuses the key', 401, {}, 502, 'upstream_auth_error'],
    ['fails', 500, {}, 502, 'upstream_error'],
    ['rejects the request', 400, { error: { message: `no model for ${KEY}` } }, 400, 'invalid_request_error'],
  ])('%s', async (_what, status, body, told, type) => {
    provider.behave(answerStatus(status, body, { 'retry-after': '7' }));
    const response = await post();
    const error = await errorOf(response);
    expect(error).toMatchObject({ status: told, type });
    expect(error.message).not.toContain(KEY);
    if (told === 429) expect(response.headers.get('retry-after')).toBe('7');
  });

  it.each([
    ['gives no document', answerStatus(200, 'none')],
    ['gives none at all', ({ response }: ProviderCall) => void response.end('<html>')],
    ['gives too few', whole(row(0))],
    ['gives too many', whole(row(0), row(1), row(2))],
    ['gives one twice', whole(row(0), row(0))],
    ['gives places that are none', whole(row(-1), row(1e12))],
    ['gives an empty one', whole(row(0), row(1, []))],
    ['gives no numbers', whole(row(0), row(1, ['x']))],
    ['gives half a number', whole(row(0), row(1, Buffer.alloc(6).toString('base64')))],
    ['gives a text', whole(row(0), row(1, 'not base64!'))],
  ])('%s is one that failed', async (_what, behaviour) => {
    provider.behave(behaviour);
    expect(await errorOf(await post())).toMatchObject({ status: 502, type: 'upstream_error' });
  });

  it('counts no places gives them in order', async () => {
    provider.behave(answerStatus(200, { data: [{ embedding: [1] }, { embedding: inBase64([2]) }] }));
    expect(await (await post()).json()).toMatchObject({
      data: [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [2] },
      ],
      usage: { prompt_tokens: 0, total_tokens: 0 },
    });
  });

  it('says nothing is waited for as long as the config says', async () => {
    provider.behave(() => {});
    expect(await errorOf(await post())).toMatchObject({ status: 504, type: 'upstream_timeout' });
  });

  it('breaks the connection is asked again', async () => {
    let broken = 0;
    provider.behave((call) => {
      broken += 1;
      if (broken === 1) call.response.socket?.destroy();
      else answerEmbeddings()(call);
    });
    expect((await post()).status).toBe(200);
    expect(broken).toBe(2);
  });
});

it('a client that goes takes its call with it', async () => {
  provider.behave(() => {});
  const before = { calls: provider.calls.length, aborted: provider.aborted.length };
  const leaving = new AbortController();
  const answer = fetch(`${gateway.url}/v1/embeddings`, {
    method: 'POST',
    headers: bearer,
    body: JSON.stringify({ model: 'pllan', input: 'a' }),
    signal: leaving.signal,
  });
  await waitFor('the call', () => provider.calls.length > before.calls);
  leaving.abort();
  await Promise.allSettled([answer]);
  await waitFor('its end', () => provider.aborted.length > before.aborted);
  expect(provider.calls.length).toBe(before.calls + 1);
});

it('says what failed in the log, without the key', () => {
  const lines = gateway.logLines().map((line) => JSON.stringify(line));
  const failed = lines.filter((line) => line.includes('embeddings.failed'));
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.join()).toContain('mock/embed-1');
  expect(lines.join()).not.toContain(KEY);
});
