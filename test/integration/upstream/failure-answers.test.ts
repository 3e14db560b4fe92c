/** What a client is told when the model provider fails, and that the gateway is unharmed by it (http.md §7.2, §7.3). */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chatRequest, freePort, startGateway, type TestGateway } from '../../support/gateway.js';
import {
  answerJson,
  answerStatus,
  chunk,
  providerConfig,
  startMockProvider,
  type MockProvider,
  type ProviderCall,
} from '../../support/mock-provider.js';
import { waitFor } from '../../support/wait-for.js';

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code?: string };
}

/** The data of each server-sent event. */
async function events(response: Response): Promise<string[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => event.replace(/^data: /, ''));
}

describe('a failing model provider', () => {
  let provider: MockProvider;
  let gateway: TestGateway;
  const ask = (stream = false): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'Hi', stream }));
  const errorOf = async (response: Response): Promise<ErrorBody['error']> =>
    ((await response.json()) as ErrorBody).error;

  beforeAll(async () => {
    provider = await startMockProvider();
    const timeouts = { firstByteMs: 400, idleMs: 400, connectMs: 1_000 };
    gateway = await startGateway({ config: providerConfig(provider.baseUrl, { timeouts }) });
  });
  afterEach(async () => {
    provider.behave(answerJson('still here'));
    expect((await ask()).status).toBe(200);
  });
  afterAll(async () => {
    await gateway.stop();
    await provider.stop();
  });

  it.each([
    { status: 429, told: 429, type: 'rate_limit_error' },
    { status: 401, told: 502, type: 'upstream_auth_error' },
    { status: 403, told: 502, type: 'upstream_auth_error' },
    { status: 500, told: 502, type: 'upstream_error' },
    { status: 503, told: 502, type: 'upstream_error' },
    { status: 400, told: 400, type: 'invalid_request_error' },
    { status: 404, told: 400, type: 'invalid_request_error' },
    { status: 413, told: 400, type: 'invalid_request_error' },
    { status: 422, told: 400, type: 'invalid_request_error' },
  ])('$status is told as $told $type, streamed or not', async ({ status, told, type }) => {
    const body = { error: { message: 'provider <b>says</b> no', type: 'x' } };
    provider.behave(answerStatus(status, body, { 'retry-after': '7' }));
    for (const stream of [false, true]) {
      const response = await ask(stream);
      expect(response.status).toBe(told);
      expect(response.headers.get('retry-after')).toBe(told === 429 ? '7' : null);
      const error = await errorOf(response);
      expect(error.type).toBe(type);
      if (told === 400) expect(error.message).toBe('provider says no');
      else expect(error.message).not.toContain('says');
    }
  });

  it('an answer that is not JSON is 502', async () => {
    provider.behave(({ response }) => void response.end('<html>'));
    const response = await ask();
    expect(response.status).toBe(502);
    expect((await errorOf(response)).type).toBe('upstream_error');
  });

  it('an answer without choices is 502', async () => {
    provider.behave(
      ({ response }) => void response.setHeader('content-type', 'application/json').end('{"object":"x"}'),
    );
    expect((await ask()).status).toBe(502);
  });

  it.each([false, true])('silence before the first byte is 504 (stream: %s)', async (stream) => {
    provider.behave(() => {});
    const response = await ask(stream);
    expect(response.status).toBe(504);
    expect((await errorOf(response)).type).toBe('upstream_timeout');
  });

  it.each([
    ['silence', (): void => {}, 'upstreamTimeout'],
    [
      'a broken connection',
      (call: ProviderCall): void => void setTimeout(() => call.response.destroy(), 50),
      'upstreamFailed',
    ],
    ['an end without a finish', (call: ProviderCall): void => void call.response.end(), 'upstreamFailed'],
    [
      'an event that is not JSON',
      (call: ProviderCall): void => void call.response.end('data: {oops\n\n'),
      'upstreamFailed',
    ],
  ] as const)(
    '%s in the middle of a stream ends it with one error event and [DONE]',
    async (_name, then, code) => {
      provider.behave((call) => {
        call.response.writeHead(200, { 'content-type': 'text/event-stream' });
        call.response.write(chunk({ content: 'Hel' }));
        then(call);
      });
      const response = await ask(true);
      expect(response.status).toBe(200);
      const data = await events(response);
      expect(JSON.parse(data.at(-2) ?? '')).toEqual({
        error: { message: 'internal error', type: 'api_error', code },
      });
      expect(data.filter((event) => event === '[DONE]')).toHaveLength(1);
      expect(data.at(-1)).toBe('[DONE]');
      expect(data.some((event) => event.includes('"content":"Hel"'))).toBe(true);
    },
  );

  it('a stream that finishes without [DONE] is complete', async () => {
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(chunk({ content: 'Hi' }) + chunk({}, 'stop'));
    });
    const data = await events(await ask(true));
    expect(data.join()).not.toContain('"error"');
    expect(data.at(-1)).toBe('[DONE]');
  });

  it('a JSON answer to a streamed request becomes a stream', async () => {
    provider.behave(answerJson('in one piece'));
    const data = await events(await ask(true));
    expect(data.some((event) => event.includes('"content":"in one piece"'))).toBe(true);
    expect(data.at(-1)).toBe('[DONE]');
  });

  it.each([false, true])('a client that goes away cancels the call (stream: %s)', async (stream) => {
    const before = provider.aborted.length;
    const calls = provider.calls.length;
    provider.behave(({ response }) => {
      if (!stream) return;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'Hel' }));
    });
    const leaving = new AbortController();
    const request = { ...chatRequest({ content: 'Hi', stream }), signal: leaving.signal };
    const answer = fetch(`${gateway.url}/v1/chat/completions`, request).then((response) => response.text());
    await waitFor('the call', () => provider.calls.length > calls);
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await waitFor('its end', () => provider.aborted.length > before, 350);
  });

  it('no answer and no log line holds the provider key', async () => {
    provider.behave(answerStatus(401, { error: { message: 'bad key sk-provider-key-000000' } }));
    expect(await (await ask()).text()).not.toContain('sk-provider-key');
    const lines = await waitFor('the log line', () => {
      const found = gateway.logLines().filter(({ event }) => event === 'chat.failed');
      return found.length > 0 && found;
    });
    expect(JSON.stringify(lines)).not.toContain('sk-provider-key-000000');
  });
});

describe('a provider that cannot be reached', () => {
  it('is 502 after three tries', async () => {
    const port = await freePort();
    const gateway = await startGateway({ config: providerConfig(`http://127.0.0.1:${port}/v1`) });
    try {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'Hi' }));
      expect(response.status).toBe(502);
      expect(((await response.json()) as ErrorBody).error.type).toBe('upstream_error');
      const metrics = await waitFor('metrics', async () => {
        const scraped = await (
          await fetch(`${gateway.url}/metrics`, { headers: chatRequest({ content: '' }).headers ?? {} })
        ).text();
        return /pllan_model_call_total\{[^}]*error_category="connection"[^}]*\} 3\b/.test(scraped) && scraped;
      });
      expect(metrics).toContain('pllan_model_call_total');
    } finally {
      await gateway.stop();
    }
  });

  it('is asked again when the connection breaks before the first byte', async () => {
    let taken = 0;
    const server: Server = createServer((socket: Socket) => {
      taken += 1;
      if (taken < 3) {
        socket.once('data', () => socket.resetAndDestroy());
        return;
      }
      const body = JSON.stringify({
        choices: [{ message: { content: 'third time lucky' }, finish_reason: 'stop' }],
      });
      socket.once('data', () => {
        socket.end(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const gateway = await startGateway({ config: providerConfig(`http://127.0.0.1:${port}/v1`) });
    try {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'Hi' }));
      expect(await response.text()).toContain('third time lucky');
    } finally {
      await gateway.stop();
      server.close();
    }
  });

  it('a turn that takes too long is 504', async () => {
    const config = { agents: { defaults: { timeoutSeconds: 1 } } };
    const gateway = await startGateway({ config });
    try {
      const response = await fetch(
        `${gateway.url}/v1/chat/completions`,
        chatRequest({ content: '/wait 5000' }),
      );
      expect(response.status).toBe(504);
    } finally {
      await gateway.stop();
    }
  });
});
