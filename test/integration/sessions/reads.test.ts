/** `sessions.list`, `.describe`, `.preview`, `.resolve`, `.get` against a running gateway (methods.md §4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, refusal, runTurn } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
  for (const name of ['one', 'two', 'three']) await runTurn(client, `Hello  ${name}\nthere`, name);
});
afterAll(() => gateway.stop());

const keysOf = ({ sessions }: Record<string, unknown>): string[] =>
  (sessions as { key: string }[]).map(({ key }) => key.slice('agent:main:'.length));

describe('sessions.list', () => {
  it('gives rows as clients show them, the last updated first', async () => {
    const list = await answer(client, 'sessions.list', {});
    expect(list).toMatchObject({
      ts: expect.any(Number),
      path: `${gateway.stateDir}/store`,
      count: 3,
      totalCount: 3,
      limitApplied: 100,
      hasMore: false,
      defaults: { modelProvider: 'echo', model: 'echo', contextTokens: 200_000 },
    });
    expect(list).not.toHaveProperty('nextOffset');
    expect(keysOf(list)).toEqual(['three', 'two', 'one']);
    expect((list.sessions as unknown[])[0]).toEqual({
      key: 'agent:main:three',
      kind: 'direct',
      updatedAt: expect.any(Number),
      displayName: 'three',
      label: null,
      thinkingLevel: 'off',
      modelProvider: 'echo',
      model: 'echo',
      contextTokens: 200_000,
      sessionId: expect.any(String),
      systemSent: true,
      abortedLastRun: false,
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      totalTokens: expect.any(Number),
      totalTokensFresh: true,
      startedAt: expect.any(Number),
      endedAt: expect.any(Number),
      runtimeMs: expect.any(Number),
      lastInteractionAt: expect.any(Number),
      status: 'done',
      hasActiveRun: false,
      agentId: 'main',
    });
  });

  it('goes page by page, also when it has to look at each session', async () => {
    for (const filter of [{}, { agentId: 'main' }]) {
      const first = await answer(client, 'sessions.list', { limit: 2, ...filter });
      expect(first).toMatchObject({ count: 2, totalCount: 3, hasMore: true, nextOffset: 2 });
      const second = await answer(client, 'sessions.list', { limit: 2, offset: 2, ...filter });
      expect(second).toMatchObject({ count: 1, totalCount: 3, hasMore: false });
      expect([...keysOf(first), ...keysOf(second)]).toEqual(['three', 'two', 'one']);
    }
  });

  it.each([
    [{ search: 'TW' }, ['two']],
    [{ search: 'nowhere' }, []],
    [{ agentId: 'other' }, []],
    [{ label: 'x' }, []],
    [{ activeMinutes: 1 }, ['three', 'two', 'one']],
    [{ activeOnly: true }, []],
    [{ sortBy: 'lastInteractionAt' }, ['three', 'two', 'one']],
    [{ archived: true }, []],
    [{ archived: 'all' }, ['three', 'two', 'one']],
    [{ somethingOfAnotherProgram: 'x' }, ['three', 'two', 'one']],
  ])('%j filters', async (params, keys) => {
    const list = await answer(client, 'sessions.list', params);
    expect(keysOf(list)).toEqual(keys);
    expect(list).toMatchObject({ count: keys.length, totalCount: keys.length });
  });

  it('derives titles and shows the last message when asked to', async () => {
    const list = await answer(client, 'sessions.list', {
      limit: 1,
      includeDerivedTitles: true,
      includeLastMessage: true,
    });
    expect(list.sessions).toMatchObject([
      { derivedTitle: 'Hello three there', lastMessagePreview: 'Hello three there' },
    ]);
  });

  it('says which sessions run', async () => {
    const sessionKey = newKey();
    await client.call('chat.send', { sessionKey, message: '/trickle 1000 50', idempotencyKey: sessionKey });
    const list = await answer(client, 'sessions.list', { activeOnly: true });
    expect(list.sessions).toMatchObject([
      { hasActiveRun: true, status: 'running', activeRunIds: [sessionKey] },
    ]);
    await client.call('chat.abort', { sessionKey });
    const { session } = await answer(client, 'sessions.describe', { key: sessionKey });
    expect(session).toMatchObject({ hasActiveRun: false, status: 'killed', abortedLastRun: true });
  });

  it('shows no paths to whoever is not admin', async () => {
    const reader = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.read'] } });
    expect(await answer(reader, 'sessions.list', {})).toMatchObject({ path: '[redacted]' });
    await reader.close();
  });
});

describe('one session', () => {
  it('describe gives its row, or null', async () => {
    expect(await answer(client, 'sessions.describe', { key: 'ONE', includeLastMessage: true })).toMatchObject(
      {
        session: { key: 'agent:main:one', lastMessagePreview: 'Hello one there' },
      },
    );
    expect(await answer(client, 'sessions.describe', { key: 'nowhere' })).toEqual({ session: null });
  });

  it('preview shows the last items of several', async () => {
    const { previews } = await answer(client, 'sessions.preview', { keys: ['one', 'nowhere'] });
    const text = 'Hello one there';
    expect(previews).toEqual([
      {
        key: 'agent:main:one',
        status: 'ok',
        items: [
          { role: 'user', text },
          { role: 'assistant', text },
        ],
      },
      { key: 'agent:main:nowhere', status: 'missing', items: [] },
    ]);
    expect(await refusal(client, 'sessions.preview', { keys: [] })).toContain('/keys');
  });

  it('get gives its messages', async () => {
    const { messages } = await answer(client, 'sessions.get', { sessionKey: 'one', limit: 1 });
    expect(messages).toMatchObject([{ role: 'assistant' }]);
    expect(await refusal(client, 'sessions.get', {})).toBe('INVALID_REQUEST key required');
  });

  it('resolve finds it by whatever names it', async () => {
    const { session } = await answer(client, 'sessions.describe', { key: 'one' });
    const { sessionId } = session as { sessionId: string };
    for (const query of [
      { key: 'one' },
      { sessionId },
      { shortId: sessionId.slice(0, 8) },
      { reference: 'One' },
      { reference: sessionId },
    ])
      expect(await answer(client, 'sessions.resolve', query)).toEqual({ ok: true, key: 'agent:main:one' });
    expect(await answer(client, 'sessions.resolve', { key: 'nowhere', allowMissing: true })).toEqual({
      ok: false,
    });
  });

  it.each([
    [{}, 'Either key, sessionId, label, shortId, or reference is required'],
    [
      { key: 'one', label: 'x' },
      'Provide either key, sessionId, label, shortId, or reference (not multiple)',
    ],
    [{ key: 'nowhere' }, 'No session found: nowhere'],
    [{ label: 'nothing' }, 'No session found with label: nothing'],
    [{ key: 'one', agentId: 'other', spawnedBy: 'x' }, 'No session found: one'],
  ])('resolve refuses %j', async (query, message) => {
    expect(await refusal(client, 'sessions.resolve', query)).toBe(`INVALID_REQUEST ${message}`);
  });
});
