/** Chat completions on a session (http.md §5.2, §7; runs-and-events.md §5, §11). */
import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, eventsOf, LONG } from '../../../support/chat-turns.js';
import { errorOf, invalidRequest, postChat, readStream } from '../../../support/chat.js';
import { connectControl, type ControlClient } from '../../../support/control-client.js';
import { startGateway, TOKEN, type TestGateway } from '../../../support/gateway.js';
import { answer, newKey, runTurn } from '../../../support/session-calls.js';
import { activeRuns, onSession, say } from '../../../support/session-chat.js';
import { waitFor } from '../../../support/wait-for.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway({ config: { agents: { list: [{ id: 'main' }, { id: 'ops' }] } } });
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

interface Row {
  readonly role: string;
  readonly content: readonly { readonly type: string; readonly text?: string }[];
}

async function rowsOf(sessionKey: string): Promise<string[]> {
  const { messages } = await answer(client, 'chat.history', { sessionKey });
  return (messages as Row[]).map(
    ({ role, content }) => `${role}: ${content.map(({ type, text }) => text ?? type).join('|')}`,
  );
}

describe('which session it is', () => {
  it('is the one that the header names', async () => {
    const key = newKey();
    const response = await postChat(gateway, say('hello'), onSession(key));
    expect(response.status).toBe(200);
    const completion = (await response.json()) as OpenAI.ChatCompletion;
    expect(completion.id).toMatch(/^chatcmpl_[0-9a-f-]{36}$/);
    expect(completion.choices[0]?.message.content).toBe('hello');
    expect(completion.usage).toEqual({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 });
    expect(await rowsOf(key)).toEqual(['user: hello', 'assistant: hello']);
    expect(await rowsOf(`agent:main:${key}`)).toHaveLength(2);
  });

  it('is one of its own for each user, also with the openai client', async () => {
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: TOKEN, maxRetries: 0 });
    const user = `Ann-${randomUUID()}`;
    for (const content of ['one', 'two'])
      await openai.chat.completions.create({
        model: 'pllan/ops',
        user,
        messages: [{ role: 'user', content }],
      });
    expect(await rowsOf(`agent:ops:openai-user:${user.toLowerCase()}`)).toEqual([
      'user: one',
      'assistant: one',
      'user: two',
      'assistant: two',
    ]);
  });

  it("is the agent's whose session it is, when nobody is named", async () => {
    const key = `agent:ops:${newKey()}`;
    expect((await postChat(gateway, say('x'), onSession(key))).status).toBe(200);
    expect(await rowsOf(key)).toHaveLength(2);
    const other = await postChat(gateway, say('x', { model: 'pllan/main' }), onSession(key));
    expect(await errorOf(other)).toEqual(
      invalidRequest("Agent 'main' does not match agent 'ops' of the session key."),
    );
  });

  it.each(['subagent:x', 'agent:main:cron:x', 'a:ACP:b'])('cannot be %s', async (key) => {
    expect(await errorOf(await postChat(gateway, say('x'), onSession(key)))).toEqual(
      invalidRequest('`x-pllan-session-key` cannot use reserved internal session namespaces.'),
    );
  });

  it.each([
    ['agent:nobody:x', "Unknown agent 'nobody'."],
    ['agent:%%:x', "Malformed session key 'agent:%%:x'."],
    ['x'.repeat(600), 'The session key is too long.'],
  ])('cannot be %s', async (key, message) => {
    expect(await errorOf(await postChat(gateway, say('x'), onSession(key)))).toEqual(invalidRequest(message));
  });

  it('is none without a header or user: nothing is stored', async () => {
    const before = await answer(client, 'sessions.list', {});
    await postChat(gateway, say('x', { user: ' ' }));
    expect((await answer(client, 'sessions.list', {})).sessions).toEqual(before.sessions);
  });

  it('may be named as openclaw does', async () => {
    const key = newKey();
    await postChat(gateway, say('x'), { 'x-openclaw-session-key': key });
    expect(await rowsOf(key)).toHaveLength(2);
  });

  it('may refuse what is sent to it', async () => {
    const key = newKey();
    await answer(client, 'sessions.patch', { key, sendPolicy: 'deny' });
    expect(await errorOf(await postChat(gateway, say('x'), onSession(key)))).toEqual(
      invalidRequest('send blocked by session policy'),
    );
  });
});

it('a message that is too long for a session is 413', async () => {
  const response = await postChat(gateway, say('x'.repeat(1_048_577)), onSession(newKey()));
  expect(await errorOf(response)).toMatchObject({ status: 413, type: 'invalid_request_error' });
  expect((await postChat(gateway, say('x'.repeat(1_048_576)), onSession(newKey()))).status).toBe(200);
});

it('headers that say where a message comes from put it on no session', async () => {
  const before = await answer(client, 'sessions.list', {});
  const headers = {
    'x-pllan-message-channel': 'telegram',
    'x-pllan-account-id': 'a',
    'x-pllan-message-to': 'b',
    'x-openclaw-thread-id': 'c',
  };
  expect((await postChat(gateway, say('x'), headers)).status).toBe(200);
  expect((await answer(client, 'sessions.list', {})).sessions).toEqual(before.sessions);
  const key = newKey();
  expect((await postChat(gateway, say('x'), { ...headers, ...onSession(key) })).status).toBe(200);
  expect(await rowsOf(key)).toHaveLength(2);
});

describe('a stream', () => {
  it('is role, content, finish, usage, end, and the run is seen by others', async () => {
    const key = newKey();
    const body = say('/trickle 3 40', { stream: true, stream_options: { include_usage: true } });
    const response = await postChat(gateway, body, onSession(key));
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const { chunks, text, done } = await readStream(response);
    expect(chunks[0]?.choices?.[0]?.delta).toEqual({ role: 'assistant' });
    expect(text).toBe('word0 word1 word2 done /trickle 3 40');
    expect(chunks.at(-2)?.choices?.[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 3 });
    expect(done).toBe(1);
    const runId = chunks[0]?.id as string;
    expect(await ended(client, runId)).toMatchObject({ state: 'final', sessionKey: `agent:main:${key}` });
    expect(eventsOf(client, runId)[0]).toBe('agent start');
  });

  it('ends after its end has been stored', async () => {
    const key = newKey();
    await readStream(await postChat(gateway, say('x', { stream: true }), onSession(key)));
    expect(await rowsOf(key)).toEqual(['user: x', 'assistant: x']);
  });

  it('says so when the model has nothing to say', async () => {
    const { text } = await readStream(
      await postChat(gateway, say('NO_REPLY', { stream: true }), onSession(newKey())),
    );
    expect(text).toBe('No response from pllan.');
  });
});

describe('requests of one session', () => {
  it('go one after another', async () => {
    const key = newKey();
    const order: string[] = [];
    const ask = async (name: string, content: string): Promise<void> => {
      await (await postChat(gateway, say(content), onSession(key))).text();
      order.push(name);
    };
    const first = ask('first', '/wait 300');
    await waitFor('the first to be accepted', async () => (await rowsOf(key)).length === 1);
    await Promise.all([first, ask('second', 'two')]);
    expect(order).toEqual(['first', 'second']);
    expect((await rowsOf(key)).map((row) => row.split(':')[0])).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
  });

  it('see what was said before, and what the request says before its prompt', async () => {
    const key = newKey();
    await runTurn(client, 'one two', key);
    const response = await postChat(
      gateway,
      {
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: 'three four five' },
          { role: 'assistant', content: 'six' },
          { role: 'user', content: 'seven' },
        ],
      },
      onSession(key),
    );
    const { usage } = (await response.json()) as OpenAI.ChatCompletion;
    // Words of the system prompt, of the session, of the request.
    expect(usage?.prompt_tokens).toBe(2 + 4 + 4 + 1);
    expect(await rowsOf(key)).toEqual([
      'user: one two',
      'assistant: one two',
      'user: seven',
      'assistant: seven',
    ]);
  });

  it('are refused when too many wait', async () => {
    const key = newKey();
    const stop = new AbortController();
    const url = `${gateway.url}/v1/chat/completions`;
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      ...onSession(key),
    };
    const body = JSON.stringify(say(LONG));
    const waiting = Array.from({ length: 65 }, () =>
      fetch(url, { method: 'POST', headers, body, signal: stop.signal }).catch(() => undefined),
    );
    await waitFor('all to be accepted', async () => (await activeRuns(client, key)).length === 65);
    const refused = await postChat(gateway, say('x'), onSession(key));
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await errorOf(refused)).toMatchObject({ status: 503, type: 'overloaded' });
    stop.abort();
    await Promise.all(waiting);
    await waitFor('all to be gone', async () => (await activeRuns(client, key)).length === 0);
  });
});

describe('an end that comes early', () => {
  const runOf = (sessionKey: string): Promise<string> =>
    waitFor('a run', async () => (await activeRuns(client, sessionKey))[0]);

  it('of the client ends its run, with what was said so far in the session', async () => {
    const key = newKey();
    const stop = new AbortController();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...onSession(key) },
      body: JSON.stringify(say(LONG, { stream: true })),
      signal: stop.signal,
    });
    const runId = await runOf(key);
    await client.frame('delta', ({ event, payload }) => event === 'chat' && payload?.runId === runId);
    stop.abort();
    await expect(response.text()).rejects.toThrow();
    expect(await ended(client, runId)).toMatchObject({ state: 'aborted', stopReason: 'rpc' });
    expect((await rowsOf(key))[1]).toMatch(/^assistant: word0/);
  });

  it('of a client that waits for its turn leaves the run before it alone', async () => {
    const key = newKey();
    const first = postChat(gateway, say('/wait 600'), onSession(key));
    const running = await runOf(key);
    const stop = new AbortController();
    const second = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...onSession(key) },
      body: JSON.stringify(say('never')),
      signal: stop.signal,
    }).catch(() => undefined);
    const waiting = await waitFor('the second', async () => (await activeRuns(client, key))[1]);
    stop.abort();
    await second;
    expect(await ended(client, waiting)).toMatchObject({ state: 'aborted' });
    expect((await first).status).toBe(200);
    expect(await ended(client, running)).toMatchObject({ state: 'final' });
    expect(await rowsOf(key)).toEqual(['user: /wait 600', 'assistant: done /wait 600']);
  });

  it('by chat.abort is told to the client of a stream', async () => {
    const key = newKey();
    const response = await postChat(gateway, say(LONG, { stream: true }), onSession(key));
    const runId = await runOf(key);
    await client.frame('delta', ({ event, payload }) => event === 'chat' && payload?.runId === runId);
    await answer(client, 'chat.abort', { sessionKey: key, runId });
    const { chunks, done } = await readStream(response);
    expect(chunks.at(-1)?.error).toEqual({
      message: 'internal error',
      type: 'api_error',
      code: 'runAborted',
    });
    expect(done).toBe(1);
  });

  it('by chat.abort is told to the client of a document, also while it waits', async () => {
    const key = newKey();
    const running = postChat(gateway, say(LONG), onSession(key));
    await runOf(key);
    const waiting = postChat(gateway, say('x'), onSession(key));
    await waitFor('the second', async () => (await activeRuns(client, key)).length === 2);
    await answer(client, 'chat.abort', { sessionKey: key });
    for (const response of await Promise.all([running, waiting]))
      expect(await errorOf(response)).toMatchObject({ status: 410, type: 'run_aborted' });
  });
});
