/** `GET /sessions/{key}/history` and `POST /sessions/{key}/kill` (http.md §10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG, ended, sendTurn } from '../../../support/chat-turns.js';
import { bearer, errorOf, invalidRequest } from '../../../support/chat.js';
import { connectControl, type ControlClient } from '../../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../../support/gateway.js';
import { answer, newKey, runTurn } from '../../../support/session-calls.js';
import { waitFor } from '../../../support/wait-for.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

interface Page {
  readonly sessionKey: string;
  readonly messages: readonly Record<string, unknown>[];
  readonly items: unknown;
  readonly nextCursor?: string;
  readonly hasMore: boolean;
}

const path = (key: string, rest: string): string =>
  `${gateway.url}/sessions/${encodeURIComponent(key)}/${rest}`;
const get = (key: string, query = ''): Promise<Response> =>
  fetch(path(key, `history${query}`), { headers: bearer });
const page = async (key: string, query = ''): Promise<Page> =>
  (await get(key, query)).json() as Promise<Page>;
const texts = ({ messages }: Page): unknown[] =>
  messages.map(({ content }) => (content as { text: string }[])[0]?.text);

/** The events of a stream as they come. */
async function follow(on: TestGateway, key: string) {
  const stop = new AbortController();
  const response = await fetch(`${on.url}/sessions/${key}/history`, {
    headers: { ...bearer, accept: 'text/event-stream' },
    signal: stop.signal,
  });
  const events: { event: string; data: Record<string, unknown> }[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(bytes, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        if (event !== '') events.push({ event, data: JSON.parse(data) as Record<string, unknown> });
      }
    }
  };
  const over = read().catch(() => undefined);
  return { response, events, over, stop: () => stop.abort() };
}

describe('the history of a session', () => {
  it('is found by a key of any length that a session may have', async () => {
    const key = `${newKey()}${'é'.repeat(400)}`;
    await runTurn(client, 'one', key);
    expect(texts(await page(key))).toEqual(['one', 'one']);
  });

  it('has its rows, the oldest first, in pages from the newest back', async () => {
    const key = newKey();
    for (const text of ['one', 'two', 'three']) await runTurn(client, text, key);
    const all = await page(key);
    expect(all).toMatchObject({ sessionKey: `agent:main:${key}`, hasMore: false });
    expect(texts(all)).toEqual(['one', 'one', 'two', 'two', 'three', 'three']);
    expect(all.items).toEqual(all.messages);
    expect(all).not.toHaveProperty('nextCursor');
    const { messages } = await answer(client, 'chat.history', { sessionKey: key });
    expect(all.messages).toEqual(messages);

    const newest = await page(key, '?limit=4');
    expect(texts(newest)).toEqual(['two', 'two', 'three', 'three']);
    expect(newest.hasMore).toBe(true);
    const older = await page(key, `?limit=4&cursor=${newest.nextCursor}`);
    expect(texts(older)).toEqual(['one', 'one']);
    expect(older).toMatchObject({ hasMore: false });
  });

  it('of one that does not exist is 404', async () => {
    const response = await get('no-such-session');
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      ok: false,
      error: { type: 'not_found', message: 'Session not found: no-such-session' },
    });
    const { response: stream } = await follow(gateway, 'no-such-session');
    expect(stream.status).toBe(404);
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=x', 'limit'],
    ['?cursor=-1', 'cursor'],
    ['?cursor=x', 'cursor'],
  ])('with %s is 400', async (query, name) => {
    expect(await errorOf(await get('main', query))).toEqual(invalidRequest(`Invalid \`${name}\`.`));
  });

  it('is followed as it grows', async () => {
    const key = newKey();
    await runTurn(client, 'before', key);
    const { response, events, over, stop } = await follow(gateway, key);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await waitFor('the page', () => events.length === 1);
    await runTurn(client, 'after', key);
    await waitFor('both lines', () => events.length === 3);
    expect(events[0]).toMatchObject({ event: 'history', data: { sessionKey: `agent:main:${key}` } });
    expect(texts(events[0]?.data as never)).toEqual(['before', 'before']);
    expect(events.slice(1)).toMatchObject([
      { event: 'message', data: { messageSeq: 3, message: { role: 'user', content: [{ text: 'after' }] } } },
      { event: 'message', data: { messageSeq: 4, message: { role: 'assistant' } } },
    ]);
    stop();
    await over;
  });

  it('tells each line once, however close it comes to the page', async () => {
    const key = newKey();
    await runTurn(client, 'first', key);
    const turns = Array.from({ length: 20 }, (_, n) => runTurn(client, `turn ${n}`, key));
    const streams = await Promise.all(Array.from({ length: 5 }, () => follow(gateway, key)));
    await Promise.all(turns);
    for (const { events, stop } of streams) {
      const seen = (): number[] =>
        events.flatMap(({ event, data }) =>
          event === 'message'
            ? [data.messageSeq as number]
            : (data.messages as { __openclaw: { seq: number } }[]).map((row) => row.__openclaw.seq),
        );
      await waitFor('all lines', () => seen().length >= 42);
      expect(seen()).toEqual(Array.from({ length: 42 }, (_, n) => n + 1));
      stop();
    }
  });

  it('does not hold up a gateway that stops', async (test) => {
    const own = await startFor(test);
    const ownClient = await connectControl(own.wsUrl);
    await runTurn(ownClient, 'x', 'k');
    const { over, events } = await follow(own, 'k');
    await waitFor('the page', () => events.length === 1);
    own.child.kill('SIGTERM');
    expect(await own.exited).toBe(0);
    await over;
  });
});

describe('killing a session', () => {
  const kill = (key: string): Promise<Response> =>
    fetch(path(key, 'kill'), { method: 'POST', headers: bearer });

  it('ends its runs', async () => {
    const key = newKey();
    const runId = await sendTurn(client, key, LONG);
    const response = await kill(key);
    expect(await response.json()).toEqual({ ok: true, killed: true });
    expect(await ended(client, runId)).toMatchObject({ state: 'aborted', stopReason: 'rpc' });
    expect(await (await kill(key)).json()).toEqual({ ok: true, killed: false });
  });

  it('that does not exist is 404', async () => {
    expect((await kill('no-such-session')).status).toBe(404);
  });

  it('is not for every method, or credential', async () => {
    expect((await fetch(path('main', 'kill'), { headers: bearer })).status).toBe(405);
    expect((await fetch(path('main', 'history'), { method: 'POST', headers: bearer })).status).toBe(405);
    expect((await fetch(path('main', 'kill'), { method: 'POST' })).status).toBe(401);
    expect((await fetch(path('main', 'history'))).status).toBe(401);
  });
});

it('reading takes operator.read, killing operator.admin', async (test) => {
  const open = await startFor(test, { config: { gateway: { mode: 'local', auth: { mode: 'none' } } } });
  const ask = (method: string, rest: string, scopes: string): Promise<Response> =>
    fetch(`${open.url}/sessions/main/${rest}`, { method, headers: { 'x-pllan-scopes': scopes } });
  expect((await ask('GET', 'history', 'operator.read')).status).toBe(404);
  expect((await ask('GET', 'history', '')).status).toBe(403);
  expect((await ask('POST', 'kill', 'operator.admin')).status).toBe(404);
  expect((await ask('POST', 'kill', 'operator.read,operator.write')).status).toBe(403);
});
