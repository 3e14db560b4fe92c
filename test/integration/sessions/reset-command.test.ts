/** `/new` and `/reset` as messages against a running gateway (runs-and-events.md §9). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, refusal, runTurn, runEnded } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
let writer: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
  writer = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.write'] } });
});
afterAll(() => gateway.stop());

async function sessionOf(key: string): Promise<{ id: string; texts: unknown[] }> {
  const { session } = await answer(client, 'sessions.describe', { key });
  const { messages } = await answer(client, 'sessions.get', { key });
  return {
    id: (session as { sessionId: string }).sessionId,
    texts: (messages as { content: { text: string }[] }[]).map(({ content }) => content[0]?.text),
  };
}

it('agent resets, then runs what follows', async () => {
  const key = newKey();
  await runTurn(client, 'before', key);
  const before = await sessionOf(key);
  const final = await runTurn(client, '/new  after\nit', key);
  expect(final.payload).toMatchObject({ status: 'ok', result: { payloads: [{ text: 'after\nit' }] } });
  const after = await sessionOf(key);
  expect(after.texts).toEqual(['after\nit', 'after\nit']);
  expect(after.id).not.toBe(before.id);
});

it('agent alone resets once for a key, and answers at once', async () => {
  const key = newKey();
  await runTurn(client, 'before', key);
  const params = { message: '/reset', sessionKey: key, idempotencyKey: randomUUID() };
  const ended = { runId: params.idempotencyKey, status: 'ok', result: { payloads: [] } };
  expect(await answer(client, 'agent', params)).toMatchObject(ended);
  const { id, texts } = await sessionOf(key);
  expect(texts).toEqual([]);
  expect(await answer(client, 'agent', params)).toMatchObject(ended);
  expect((await sessionOf(key)).id).toBe(id);
});

it('agent needs admin for it', async () => {
  const params = { sessionKey: newKey(), idempotencyKey: randomUUID() };
  for (const message of ['/new', '/RESET now']) {
    expect(await refusal(writer, 'agent', { ...params, message })).toBe(
      'FORBIDDEN missing scope: operator.admin',
    );
  }
});

it('chat.send ends what runs, resets, and tells that it is done', async () => {
  const sessionKey = newKey();
  const running = randomUUID();
  await answer(writer, 'chat.send', { sessionKey, message: '/trickle 1000 50', idempotencyKey: running });
  const runId = randomUUID();
  const params = { sessionKey, message: ' /new ', idempotencyKey: runId };
  expect(await answer(writer, 'chat.send', params)).toEqual({ runId, status: 'started' });
  const final = await writer.frame(
    'final',
    ({ event, payload }) => event === 'chat' && payload?.runId === runId,
  );
  expect(final.payload).toMatchObject({ state: 'final' });
  expect(final.payload).not.toHaveProperty('message');
  expect(await answer(writer, 'chat.send', params)).toEqual({ runId, status: 'ok' });
  expect(await runEnded(writer, running)).toMatchObject({ stopReason: 'rpc' });
  expect((await sessionOf(sessionKey)).texts).toEqual([]);
});

it('two requests with one key at once reset and run once', async () => {
  const sessionKey = newKey();
  const runId = randomUUID();
  const params = { sessionKey, message: '/new once', idempotencyKey: runId };
  const answers = await Promise.all([
    answer(writer, 'chat.send', params),
    answer(writer, 'chat.send', params),
  ]);
  expect(answers[0]).toEqual({ runId, status: 'started' });
  expect(answers[1]).toMatchObject({ runId, status: expect.stringMatching(/^(in_flight|ok)$/) });
  await runEnded(writer, runId);
  expect((await sessionOf(sessionKey)).texts).toEqual(['once', 'once']);
});

it('a message that only begins like one is a message', async () => {
  const key = newKey();
  await runTurn(client, 'before', key);
  await runTurn(writer, 'say /new', key);
  expect((await sessionOf(key)).texts).toEqual(['before', 'before', 'say /new', 'say /new']);
});
