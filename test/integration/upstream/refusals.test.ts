/** What a provider's refusal says reaches the client only when it is the client's business, and clean (http.md §7.2). */
import { afterAll, describe, expect, it } from 'vitest';
import { errorOf, greeting, invalidRequest, postChat } from '../../support/chat.js';
import { answerJson, answerStatus, type ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { waitFor } from '../../support/wait-for.js';

/** Looks like no key that anyone knows. */
const KEY = 'violet-mountain-4711';
const HEADER_SECRET = 'another/secret/0815';
/** In headers whose names say nothing of a secret. */
const PLAIN_SECRET = 'quiet-river-2342';
const SCHEME_SECRET = 'hidden+valley+9177';
const SECRETS = [KEY, HEADER_SECRET, PLAIN_SECRET, SCHEME_SECRET];

const { provider, gateway } = await startWithProvider({
  entry: {
    apiKey: KEY,
    headers: {
      'X-Tenant-Secret': HEADER_SECRET,
      'X-Tenant': PLAIN_SECRET,
      'X-Upstream': `Basic ${SCHEME_SECRET}`,
      'X-Region': 'north',
    },
    timeouts: { idleMs: 1_000 },
  },
  args: ['--verbose'],
});
afterAll(async () => {
  provider.behave(answerJson('still here'));
  expect((await postChat(gateway, greeting)).status).toBe(200);
});

it('the provider gets its key and headers', async () => {
  provider.behave(answerJson('Hello'));
  await postChat(gateway, greeting, { 'x-tenant-secret': 'of the client', cookie: 'a=b' });
  const { headers } = provider.calls.at(-1)?.request ?? { headers: {} };
  expect(headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-tenant-secret': HEADER_SECRET });
  expect(headers).not.toHaveProperty('cookie');
});

describe('the message of a rejected request', () => {
  it.each([
    ['is passed on', { error: { message: 'max_tokens is too large' } }, 'max_tokens is too large'],
    ['may be the whole error', { error: 'no such model' }, 'no such model'],
    ['loses its markup', { error: { message: '<p>no\n\n<b>such</b>\tmodel</p>' } }, 'no such model'],
    ['is cut to 600 characters', { error: { message: 'x'.repeat(5_000) } }, 'x'.repeat(600)],
    ['may be a detail', { detail: 'no such model' }, 'no such model'],
    ['may be missing', { other: 'x' }, 'The model provider rejected the request'],
    ['may be no text', { error: { message: { a: 1 } } }, 'The model provider rejected the request'],
  ])('%s', async (_what, body, message) => {
    for (const status of [400, 404, 413, 422]) {
      provider.behave(answerStatus(status, body));
      expect(await errorOf(await postChat(gateway, greeting))).toEqual(invalidRequest(message));
    }
  });

  it('may be full of marks that nothing closes', async () => {
    const marks = '<'.repeat(60_000);
    for (const status of [400, 404, 413, 422]) {
      provider.behave(answerStatus(status, { error: { message: marks } }));
      const answers = Array.from({ length: 4 }, () => postChat(gateway, greeting));
      for (const answer of answers)
        expect(await errorOf(await answer)).toEqual(invalidRequest(marks.slice(0, 600)));
    }
  });

  it('is not a page', async () => {
    provider.behave(({ response }) => {
      response.writeHead(400, { 'content-type': 'text/html' }).end(`<html>${'x'.repeat(1_000_000)}</html>`);
    });
    expect(await errorOf(await postChat(gateway, greeting))).toEqual(
      invalidRequest('The model provider rejected the request'),
    );
  });
});

describe('a refusal that does not end', () => {
  const whole = JSON.stringify({ error: { message: 'no such model' } });
  const trickle = ({ response }: ProviderCall): void => {
    const timer = setInterval(() => response.write(' '), 50);
    response.once('close', () => clearInterval(timer));
  };
  const flood = ({ response }: ProviderCall): void => {
    const write = (): void => void (response.destroyed || response.write('x'.repeat(8_192), write));
    write();
  };

  it.each([
    ['but is silent', () => {}, 'no such model'],
    ['but goes on, a little at a time', trickle, 'no such model'],
    ['but goes on as fast as it can', flood, 'The model provider rejected the request'],
  ])('%s: its status and what came count, and its connection is closed', async (_how, goOn, message) => {
    const before = provider.aborted.length;
    provider.behave((call) => {
      call.response.writeHead(400, { 'content-type': 'application/json' }).write(whole);
      goOn(call);
    });
    expect(await errorOf(await postChat(gateway, greeting))).toEqual(invalidRequest(message));
    await waitFor('the end of the connection', () => provider.aborted.length > before);
  });
});

it.each([429, 401, 403, 500, 503, 418])('what else a %i says stays inside', async (status) => {
  provider.behave(answerStatus(status, { error: { message: 'internal detail' } }));
  const response = await postChat(gateway, greeting);
  expect(await response.text()).not.toContain('internal detail');
});

it.each([KEY, `1 ${PLAIN_SECRET}`, '9'.repeat(40), 'soon', '-1', '\u00e9'])(
  'Retry-After %s of a 429 is not passed on',
  async (value) => {
    provider.behave(answerStatus(429, {}, { 'retry-after': value }));
    for (const stream of [false, true]) {
      const response = await postChat(gateway, { ...greeting, stream });
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, null]);
    }
  },
);

it.each(['120', 'Wed, 21 Oct 2037 07:28:00 GMT'])('Retry-After %s of a 429 is passed on', async (value) => {
  provider.behave(answerStatus(429, {}, { 'retry-after': value }));
  for (const stream of [false, true]) {
    const response = await postChat(gateway, { ...greeting, stream });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, value]);
    expect(await errorOf(response)).toMatchObject({ type: 'rate_limit_error' });
  }
});

it('a 429 without it has none', async () => {
  provider.behave(answerStatus(429, {}));
  expect((await postChat(gateway, greeting)).headers.get('retry-after')).toBeNull();
});

it('neither answers nor logs show the key, even when the provider repeats it', async () => {
  const message = `Tenant ${SECRETS.join(' and ')} in north: not valid for Bearer ${KEY}`;
  for (const status of [400, 401, 429, 500]) {
    for (const stream of [false, true]) {
      provider.behave(answerStatus(status, { error: { message } }));
      const text = await (await postChat(gateway, { ...greeting, stream })).text();
      for (const secret of SECRETS) expect(text).not.toContain(secret);
      // Short values are no secrets, and would hit ordinary words.
      if (status === 400) expect(text).toContain('in north: not valid');
    }
  }
  provider.behave(({ response }) => response.end(`${KEY} is no JSON`));
  expect(await (await postChat(gateway, greeting)).text()).not.toContain(KEY);
  await waitFor('the log lines', () => {
    const failures = gateway.logLines().filter(({ event }) => event === 'chat.failed');
    return failures.some(
      (line) => line.error === 'upstreamFailed' && JSON.stringify(line).includes('unreadable'),
    );
  });
  for (const text of [JSON.stringify(gateway.logLines()), gateway.output()]) {
    for (const secret of SECRETS) expect(text).not.toContain(secret);
  }
});
