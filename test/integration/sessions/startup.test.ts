/** `chat.startup` and `chat.metadata`: what a web page asks for first (methods.md §3). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, refusal, runTurn } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

it('chat.startup with a session answers as chat.history does', async () => {
  const sessionKey = newKey();
  await runTurn(client, 'one', sessionKey);
  await runTurn(client, 'two', sessionKey);
  const params = { sessionKey, limit: 1, maxChars: 2 };
  const history = await answer(client, 'chat.history', params);
  expect(history).toMatchObject({ hasMore: true, messages: [{ role: 'assistant' }] });
  expect(await answer(client, 'chat.startup', params)).toEqual(history);
});

it('chat.startup with a short id finds the session, and hears of changes from then on', async () => {
  const key = newKey();
  await runTurn(client, 'Hi', key);
  const { session } = await answer(client, 'sessions.describe', { key });
  const { sessionId } = session as { sessionId: string };
  const page = await connectControl(gateway.wsUrl);
  const params = { shortId: sessionId.slice(0, 8), slugHint: 'hi', limit: 1 };
  expect(await answer(page, 'chat.startup', params)).toMatchObject({
    sessionId,
    sessionKey: `agent:main:${key}`,
    messages: [{ role: 'assistant' }],
    resolution: { ok: true, key: `agent:main:${key}` },
  });
  await answer(client, 'sessions.patch', { key, label: key });
  await page.frame(
    'sessions.changed',
    ({ event, payload }) => event === 'sessions.changed' && payload?.label === key,
  );
  expect(await answer(page, 'chat.startup', { ...params, shortId: 'ffffffffffff' })).toEqual({
    resolution: { ok: false },
  });
  expect(await answer(page, 'chat.startup', { ...params, agentId: 'other' })).toEqual({
    resolution: { ok: false },
  });
  expect(await refusal(page, 'chat.startup', {})).toBe('INVALID_REQUEST sessionKey or shortId required');
  await page.close();
});

it('chat.metadata gives models and commands', async () => {
  const { models } = await answer(client, 'models.list', {});
  const { commands } = await answer(client, 'commands.list', {});
  const params = { agentId: 'main', sessionKey: 'main' };
  expect(await answer(client, 'chat.metadata', params)).toEqual({ models, commands });
});
