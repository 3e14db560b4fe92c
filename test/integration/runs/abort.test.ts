/** Every way to end runs of a session before they end by themselves (runs-and-events.md §11). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, endsOf, eventsOf, LONG, sendTurn, started, userTexts } from '../../support/chat-turns.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { newKey } from '../../support/run-story.js';
import { answer, refusal } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

/** A session with a run that goes on, and two that wait. */
async function threeRuns(): Promise<{ key: string; runIds: [string, string, string] }> {
  const key = newKey();
  const active = await sendTurn(client, key, LONG);
  await started(client, active);
  return { key, runIds: [active, await sendTurn(client, key, 'two'), await sendTurn(client, key, 'three')] };
}

describe('chat.abort', () => {
  it('of a session ends what waits, which never starts, and then what runs', async () => {
    const { key, runIds } = await threeRuns();
    expect(await answer(client, 'chat.abort', { sessionKey: key })).toEqual({
      ok: true,
      aborted: true,
      runIds,
    });
    const [active, ...waiting] = runIds;
    for (const runId of waiting) expect(eventsOf(client, runId)).toEqual(['chat aborted']);
    expect(eventsOf(client, active).slice(-2)).toEqual(['agent end', 'chat aborted']);
    expect(await userTexts(client, key)).toEqual([LONG]);
    const none = { ok: true, aborted: false, runIds: [] };
    expect(await answer(client, 'chat.abort', { sessionKey: key })).toEqual(none);
    const { session } = await answer(client, 'sessions.describe', { key });
    expect(session).toMatchObject({ abortedLastRun: true, status: 'killed', hasActiveRun: false });
  });

  it('tells at once, with what had been said', async () => {
    const { key, runIds } = await threeRuns();
    const [runId] = runIds;
    await client.frame('delta', ({ event, payload }) => event === 'chat' && payload?.runId === runId);
    await answer(client, 'chat.abort', { sessionKey: key, runId });
    expect(endsOf(client, runId)).toEqual(['aborted']);
    const text = expect.stringMatching(/^word0 /);
    expect(await ended(client, runId)).toMatchObject({ stopReason: 'rpc', message: { content: [{ text }] } });
    const life = client.frames.findLast(
      ({ event, payload }) => event === 'agent' && payload?.runId === runId,
    );
    expect(life?.payload?.data).toMatchObject({ phase: 'end', aborted: true, stopReason: 'rpc' });
    for (const other of runIds.slice(1)) expect(await ended(client, other)).toMatchObject({ state: 'final' });
  });

  it('of a run that belongs to another session is refused', async () => {
    const { key, runIds } = await threeRuns();
    const params = { sessionKey: newKey(), runId: runIds[0] };
    expect(await refusal(client, 'chat.abort', params)).toBe(
      'INVALID_REQUEST runId does not match sessionKey',
    );
    await answer(client, 'chat.abort', { sessionKey: key });
  });

  it('twice at one time ends a run once', async () => {
    const { key, runIds } = await threeRuns();
    const params = { sessionKey: key, runId: runIds[0] };
    const answers = await Promise.all([
      answer(client, 'chat.abort', params),
      answer(client, 'chat.abort', params),
    ]);
    expect(answers.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(endsOf(client, runIds[0])).toEqual(['aborted']);
    await answer(client, 'chat.abort', { sessionKey: key });
  });

  it('sent with the turn itself, in whatever state that is then, leaves one end', async () => {
    for (let n = 0; n < 20; n += 1) {
      const [key, runId] = [newKey(), randomUUID()];
      const params = { sessionKey: key, message: LONG, idempotencyKey: runId };
      client.send({ type: 'req', id: runId, method: 'chat.send', params });
      // One more answer to wait for each time: the abort meets the turn later and later.
      for (let pause = 0; pause < n; pause += 1) await answer(client, 'health', {});
      await answer(client, 'chat.abort', { sessionKey: key });
      await answer(client, 'chat.abort', { sessionKey: key });
      expect(await ended(client, runId)).toMatchObject({ state: 'aborted' });
      const lives = eventsOf(client, runId).filter((line) => /^agent (start|end)$/.test(line));
      const stored = await userTexts(client, key);
      expect(lives).toEqual(stored.length === 0 ? [] : ['agent start', 'agent end']);
      const repeat = await answer(client, 'chat.send', params);
      expect(repeat).toEqual({ runId, status: 'timeout' });
      expect(endsOf(client, runId)).toEqual(['aborted']);
    }
  });
});

describe('a message that says stop', () => {
  it.each([
    '/stop',
    'stop',
    'esc',
    'abort',
    'EXIT',
    'interrupt',
    ' Stop!! ',
    '/stop.',
    `stop …${'!'.repeat(100)}`,
    '/STOP;',
  ])('%j ends what runs and what waits, and starts nothing', async (message) => {
    const { key, runIds } = await threeRuns();
    const params = { sessionKey: key, message, idempotencyKey: randomUUID() };
    expect(await answer(client, 'chat.send', params)).toEqual({ ok: true, aborted: true, runIds });
    for (const runId of runIds) expect(await ended(client, runId)).toMatchObject({ stopReason: 'stop' });
    const again = { ...params, idempotencyKey: randomUUID() };
    expect(await answer(client, 'chat.send', again)).toEqual({ ok: true, aborted: false, runIds: [] });
    expect(await userTexts(client, key)).toEqual([LONG]);
  });

  it.each(['stop it', '/stop now', 'stopp', 'full stop'])('%j is a message', async (message) => {
    const key = newKey();
    await ended(client, await sendTurn(client, key, message));
    expect(await userTexts(client, key)).toEqual([message]);
  });
});

describe('a connection that closes', () => {
  it('ends no run of its own', async () => {
    const key = newKey();
    const other = await connectControl(gateway.wsUrl);
    const runId = await sendTurn(other, key, '/wait 200');
    other.socket.terminate();
    expect(await ended(client, runId)).toMatchObject({ state: 'final' });
  });
});
