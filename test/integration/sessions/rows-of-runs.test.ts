/** What a client needs to tell its own messages among a session's rows (methods.md §3, runs-and-events.md §15). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, refusal, runEnded } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

/** A turn of `chat.send`; gives its run. */
async function say(sessionKey: string, message: string): Promise<string> {
  const runId = randomUUID();
  await answer(client, 'chat.send', { sessionKey, message, idempotencyKey: runId });
  await runEnded(client, runId);
  return runId;
}

const rowsOf = async (sessionKey: string, more: object = {}): Promise<unknown> =>
  (await answer(client, 'chat.history', { sessionKey, ...more })).messages;

describe('rows', () => {
  it('of a turn name its run, the user’s as the key of what was sent', async () => {
    const key = newKey();
    const [first, second] = [await say(key, 'one'), await say(key, 'two')];
    expect(await rowsOf(key)).toMatchObject(
      [first, second].flatMap((runId) => [
        { role: 'user', idempotencyKey: `${runId}:user`, __openclaw: { runId } },
        { role: 'assistant', __openclaw: { runId } },
      ]),
    );
  });

  it('of a stopped turn name it too', async () => {
    const key = newKey();
    const runId = randomUUID();
    await answer(client, 'chat.send', { sessionKey: key, message: '/trickle 400 50', idempotencyKey: runId });
    await client.frame('text', ({ event, payload }) => event === 'chat' && payload?.runId === runId);
    await answer(client, 'chat.abort', { sessionKey: key });
    expect(await rowsOf(key)).toMatchObject([
      { role: 'user', __openclaw: { runId } },
      { role: 'assistant', stopReason: 'aborted', __openclaw: { runId } },
    ]);
  });

  it('of messages without a turn name none', async () => {
    const key = newKey();
    await say(key, 'one');
    await answer(client, 'chat.inject', { sessionKey: key, message: 'by the way' });
    const [injected] = (await rowsOf(key, { limit: 1 })) as { __openclaw: object }[];
    expect(injected).not.toHaveProperty('idempotencyKey');
    expect(injected?.__openclaw).not.toHaveProperty('runId');
  });

  it('come as session.message with the run', async () => {
    const key = newKey();
    await answer(client, 'sessions.messages.subscribe', { key });
    const runId = await say(key, 'one');
    const events = client.frames.filter(
      ({ event, payload }) => event === 'session.message' && payload?.sessionKey === `agent:main:${key}`,
    );
    expect(events.map(({ payload }) => payload)).toMatchObject([
      { runId, message: { role: 'user', idempotencyKey: `${runId}:user` } },
      { runId, message: { role: 'assistant' } },
    ]);
  });
});

describe('chat.history', () => {
  it('takes the runs whose messages a client looks for', async () => {
    const key = newKey();
    const runId = await say(key, 'one');
    const params = { sessionKey: key, limit: 80, inputRunIds: [runId], pendingBefore: 1 };
    const history = await answer(client, 'chat.history', params);
    expect(history.messages).toHaveLength(2);
    expect(await answer(client, 'chat.startup', params)).toEqual(history);
    expect(await refusal(client, 'chat.history', { ...params, other: 1 })).toMatch(/unexpected property/);
  });

  it('tells of the session what its row does', async () => {
    const key = newKey();
    const before = await answer(client, 'chat.history', { sessionKey: key });
    expect(before.sessionInfo).toEqual({ key: `agent:main:${key}`, hasActiveRun: false, activeRunIds: [] });
    await say(key, 'one');
    const { session } = await answer(client, 'sessions.describe', { key });
    const { sessionInfo } = await answer(client, 'chat.history', { sessionKey: key });
    expect(sessionInfo).toEqual({ ...(session as object), activeRunIds: [] });
    expect(sessionInfo).toMatchObject({ sessionId: expect.any(String), totalTokens: expect.any(Number) });
  });
});
