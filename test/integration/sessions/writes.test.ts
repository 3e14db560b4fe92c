/** `sessions.create`, `.send`, `.abort`, `.reset`, `.delete`, `.compact` against a running gateway (methods.md §4). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, refusal, runTurn } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
let writer: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
  writer = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.write'] } });
});
afterAll(() => gateway.stop());

const NO_ADMIN = 'FORBIDDEN missing scope: operator.admin';

async function texts(key: string): Promise<string[]> {
  const { messages } = await answer(client, 'sessions.get', { key });
  return (messages as { content: { text: string }[] }[]).map(({ content }) => content[0]?.text ?? '');
}

it.each([
  ['sessions.patch', { pinned: true }],
  ['sessions.reset', {}],
  ['sessions.create', {}],
])('%s does not make a session of what is no agent', async (method, params) => {
  const key = newKey();
  expect(await refusal(client, method, { key, agentId: '$ %', ...params })).toMatch(
    /^INVALID_REQUEST invalid [a-z.]+ params: at \/agentId: must match /,
  );
  expect(await answer(client, 'sessions.list', { search: key })).toMatchObject({ totalCount: 0 });
});

it('a session can be named by the key that the gateway gives it, however long that is', async () => {
  const { key } = await answer(client, 'sessions.create', { key: 'x'.repeat(512) });
  expect(await answer(client, 'sessions.describe', { key })).toMatchObject({ session: { key } });
  expect(await refusal(client, 'sessions.describe', { key: 'x'.repeat(513) })).toBe(
    'INVALID_REQUEST invalid sessions.describe params: at /key: must be a key of at most 512 characters',
  );
});

it.each(['\u0000', '\u0003', '\uD800', '漢'])(
  'a key full of %j does not keep the list from being read',
  async (one) => {
    const { key } = await answer(client, 'sessions.create', { key: one.repeat(200) });
    const { sessions } = await answer(client, 'sessions.list', { search: 'agent', limit: 1_000 });
    expect((sessions as { key: string }[]).map((row) => row.key)).toContain(key);
    expect(await answer(client, 'sessions.describe', { key })).toMatchObject({ session: { key } });
  },
);

it('a run id without form is refused', async () => {
  const params = { sessionKey: newKey(), message: 'Hello', idempotencyKey: '\u0001'.repeat(100) };
  expect(await refusal(client, 'chat.send', params)).toBe(
    'INVALID_REQUEST invalid chat.send params: at /idempotencyKey: must be text without control characters',
  );
});

it('a label may be as long as a key, and both in a script of three bytes', async () => {
  const [key, label] = ['漢'.repeat(512), '字'.repeat(512)];
  await answer(client, 'sessions.create', { key, label });
  expect(await answer(client, 'sessions.resolve', { label })).toEqual({ ok: true, key: `agent:main:${key}` });
  expect(await refusal(client, 'sessions.create', { label })).toBe(
    `INVALID_REQUEST label already in use: ${label}`,
  );
  await answer(client, 'sessions.patch', { key, label: null });
  expect(await refusal(client, 'sessions.resolve', { label })).toContain('No session found with label');
});

describe('sessions.create', () => {
  it('makes a session, once for an idempotency key', async () => {
    const params = { label: randomUUID(), thinkingLevel: 'low', idempotencyKey: randomUUID() };
    const made = await answer(writer, 'sessions.create', params);
    expect(made).toMatchObject({
      ok: true,
      key: expect.stringMatching(/^agent:main:session:[0-9a-f]{32}$/),
      entry: { sessionId: made.sessionId, label: params.label, thinkingLevel: 'low' },
      runStarted: false,
    });
    const again = await answer(writer, 'sessions.create', params);
    expect([again.key, again.sessionId]).toEqual([made.key, made.sessionId]);
  });

  it('sends nothing to a session that takes no messages', async () => {
    const key = newKey();
    await answer(client, 'sessions.patch', { key, sendPolicy: 'deny' });
    const label = randomUUID();
    expect(await refusal(writer, 'sessions.create', { key, label, message: 'Hello' })).toBe(
      'INVALID_REQUEST send blocked by session policy',
    );
    expect(await answer(client, 'sessions.describe', { key })).toMatchObject({ session: { label: null } });
  });

  it('with a message starts a run', async () => {
    const made = await answer(client, 'sessions.create', { message: 'Hello', idempotencyKey: randomUUID() });
    expect(made).toMatchObject({ runStarted: true, runId: expect.any(String) });
    expect(await answer(client, 'agent.wait', { runId: made.runId })).toMatchObject({ status: 'ok' });
    expect(await texts(String(made.key))).toEqual(['Hello', 'Hello']);
  });

  it.each([
    [{ agentId: 'nobody' }, 'invalid sessions.create params: unknown agent id "nobody"'],
    [{ parentSessionKey: 'nowhere' }, 'unknown parent session: nowhere'],
    [{ model: 'other/model' }, 'model not allowed: other/model'],
    [{ message: ' ' }, 'message or attachment required'],
  ])('refuses %j', async (params, message) => {
    expect(await refusal(client, 'sessions.create', params)).toBe(`INVALID_REQUEST ${message}`);
  });
});

describe('sessions.send and .abort', () => {
  it('send needs a session; abort ends its run', async () => {
    const key = newKey();
    expect(await refusal(writer, 'sessions.send', { key, message: 'Hi' })).toBe(
      `INVALID_REQUEST session not found: ${key}`,
    );
    await answer(client, 'sessions.create', { key });
    const { runId, status } = await answer(writer, 'sessions.send', { key, message: '/trickle 1000 50' });
    expect(status).toBe('started');
    expect(await answer(writer, 'sessions.abort', { key })).toEqual({
      ok: true,
      abortedRunId: runId,
      status: 'aborted',
    });
    expect(await answer(writer, 'sessions.abort', { runId })).toEqual({
      ok: true,
      abortedRunId: null,
      status: 'no-active-run',
    });
    expect(await refusal(writer, 'sessions.abort', {})).toBe('INVALID_REQUEST key or runId required');
  });

  it('abort leaves what waits, unless it is to go too', async () => {
    const key = newKey();
    await answer(client, 'sessions.create', { key });
    const send = async (message: string): Promise<string> =>
      String((await answer(client, 'sessions.send', { key, message })).runId);
    await send('/trickle 1000 50');
    const second = await send('/trickle 1000 50');
    const third = await send('never');
    expect(await answer(client, 'sessions.abort', { key })).toMatchObject({ status: 'aborted' });
    await client.frame('start', ({ event, payload }) => event === 'agent' && payload?.runId === second);
    expect(await answer(client, 'sessions.abort', { key, clearQueued: true })).toMatchObject({
      abortedRunId: second,
    });
    expect(await answer(client, 'agent.wait', { runId: third })).toMatchObject({ timeoutPhase: 'queue' });
  });
});

describe('sessions.reset', () => {
  it('ends the run, begins a new transcript, keeps preferences', async () => {
    const key = newKey();
    await runTurn(client, 'before', key);
    await answer(client, 'sessions.patch', { key, thinkingLevel: 'high', label: key });
    const { session } = await answer(client, 'sessions.describe', { key });
    const { sessionId } = session as { sessionId: string };
    const { runId } = await answer(client, 'sessions.send', { key, message: '/trickle 1000 50' });
    expect(await refusal(client, 'sessions.reset', { key, expectedSessionId: 'other' })).toBe(
      'INVALID_REQUEST expectedSessionId does not match the session',
    );
    const { entry } = await answer(client, 'sessions.reset', {
      key,
      reason: 'new',
      expectedSessionId: sessionId,
    });
    expect(entry).toMatchObject({ label: key, thinkingLevel: 'high', totalTokens: 0 });
    expect(entry).not.toMatchObject({ sessionId });
    expect(await answer(client, 'agent.wait', { runId })).toMatchObject({ stopReason: 'rpc' });
    expect(await texts(key)).toEqual([]);
    await runTurn(client, 'after', key);
    expect(await texts(key)).toEqual(['after', 'after']);
  });

  it('needs admin', async () => {
    expect(await refusal(writer, 'sessions.reset', { key: 'x' })).toBe(NO_ADMIN);
  });
});

describe('sessions.delete', () => {
  it('ends the run, and names what is kept of the transcript', async () => {
    const key = newKey();
    await runTurn(client, 'Hi', key);
    const { session } = await answer(client, 'sessions.describe', { key });
    const { sessionId } = session as { sessionId: string };
    await answer(client, 'sessions.send', { key, message: '/trickle 1000 50' });
    expect(await answer(client, 'sessions.delete', { key })).toEqual({
      ok: true,
      key: `agent:main:${key}`,
      deleted: true,
      archived: [expect.stringMatching(new RegExp(`^${sessionId}\\.jsonl\\.deleted\\.\\d+$`))],
    });
    expect(await answer(client, 'sessions.describe', { key })).toEqual({ session: null });
    expect(await answer(client, 'sessions.delete', { key })).toMatchObject({ deleted: false, archived: [] });
  });

  it('needs admin, except for what is archived', async () => {
    const key = newKey();
    await answer(client, 'sessions.create', { key });
    expect(await refusal(writer, 'sessions.delete', { key })).toBe(NO_ADMIN);
    expect(await refusal(writer, 'sessions.delete', { key, archivedOnly: true })).toBe(
      `INVALID_REQUEST session is not archived: agent:main:${key}`,
    );
    await answer(writer, 'sessions.patch', { key, archived: true });
    expect(await answer(writer, 'sessions.delete', { key, archivedOnly: true })).toMatchObject({
      deleted: true,
      archived: [],
    });
  });

  it('never takes the main session', async () => {
    expect(await refusal(client, 'sessions.delete', { key: 'main' })).toBe(
      'INVALID_REQUEST Cannot delete the main session (agent:main:main).',
    );
  });
});

describe('sessions.compact', () => {
  it('keeps the last lines: for clients and for the model', async () => {
    const key = newKey();
    for (const word of ['a', 'b', 'c']) await runTurn(client, word, key);
    const compacted = await answer(client, 'sessions.compact', { key, maxLines: 2 });
    expect(compacted).toEqual({
      ok: true,
      key: `agent:main:${key}`,
      compacted: true,
      kept: 2,
      archived: expect.stringMatching(/\.jsonl\.compacted\.\d+$/),
    });
    expect(await texts(key)).toEqual(['c', 'c']);
    await runTurn(client, 'd', key);
    const history = await answer(client, 'chat.history', { sessionKey: key, limit: 3 });
    expect(history).toMatchObject({ totalMessages: 4, hasMore: true, nextOffset: 3 });
    expect(await answer(client, 'chat.history', { sessionKey: key, offset: 3 })).toMatchObject({
      messages: [{ role: 'user' }],
      hasMore: false,
    });
    expect(await answer(client, 'sessions.compact', { key, maxLines: 9 })).toMatchObject({
      compacted: false,
      kept: 4,
    });
  });

  it('says why there is nothing to do', async () => {
    const key = newKey();
    expect(await answer(client, 'sessions.compact', { key, maxLines: 1 })).toMatchObject({
      compacted: false,
      reason: 'no sessionId',
    });
    await answer(client, 'sessions.create', { key });
    expect(await answer(client, 'sessions.compact', { key, maxLines: 1 })).toMatchObject({
      reason: 'no transcript',
    });
  });
});
