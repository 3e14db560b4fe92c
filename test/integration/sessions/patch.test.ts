/** `sessions.patch` against a running gateway: fields, errors, rights (methods.md §4.1). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, refusal, runTurn } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
let writer: ControlClient;
beforeAll(async () => {
  gateway = await startGateway({
    config: { agents: { defaults: { models: { 'echo/echo': {}, 'echo/other': {} } } } },
  });
  client = await connectControl(gateway.wsUrl);
  writer = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.write'] } });
});
afterAll(() => gateway.stop());

it('sets fields, leaves the others, and null clears', async () => {
  const key = newKey();
  const first = await answer(writer, 'sessions.patch', { key, label: ' mine ', pinned: true, icon: 'x' });
  expect(first).toEqual({
    ok: true,
    path: '[redacted]',
    key: `agent:main:${key}`,
    entry: expect.objectContaining({ sessionId: expect.any(String), label: 'mine', pinned: true, icon: 'x' }),
    resolved: { modelProvider: 'echo', model: 'echo' },
  });
  const { entry, path } = await answer(client, 'sessions.patch', { key, label: null, icon: null });
  expect(path).toBe(`${gateway.stateDir}/store`);
  expect(entry).toMatchObject({ pinned: true });
  expect(entry).not.toHaveProperty('label');
  expect(entry).not.toHaveProperty('icon');
});

it('a model of its own is used by its runs until it is cleared', async () => {
  const key = newKey();
  const model = async (): Promise<unknown> => {
    const { payload } = await runTurn(client, 'Hi', key);
    return (payload as { result: { meta: { agentMeta: { model: string } } } }).result.meta.agentMeta.model;
  };
  const { resolved } = await answer(writer, 'sessions.patch', { key, model: 'other' });
  expect(resolved).toEqual({ modelProvider: 'echo', model: 'other' });
  expect(await model()).toBe('other');
  await answer(writer, 'sessions.patch', { key, model: null });
  expect(await model()).toBe('echo');
});

it('is refused for a session that is another one by now', async () => {
  const key = newKey();
  const other = 'INVALID_REQUEST expectedSessionId does not match the session';
  expect(await refusal(writer, 'sessions.patch', { key, pinned: true, expectedSessionId: 'x' })).toBe(other);
  expect(await answer(client, 'sessions.describe', { key })).toEqual({ session: null });
  const { sessionId } = await answer(writer, 'sessions.create', { key });
  const patch = { key, unread: false, expectedSessionId: sessionId, expectedMarkedUnreadAt: 1 };
  const { entry } = await answer(writer, 'sessions.patch', patch);
  expect(entry).toMatchObject({ unread: false });
  expect(entry).not.toHaveProperty('expectedSessionId');
  await answer(client, 'sessions.reset', { key });
  expect(await refusal(writer, 'sessions.patch', patch)).toBe(other);
});

it('archives', async () => {
  const key = newKey();
  await answer(writer, 'sessions.patch', { key, archived: true });
  const listed = async (archived: boolean): Promise<boolean> =>
    JSON.stringify((await answer(client, 'sessions.list', { archived })).sessions).includes(key);
  expect([await listed(true), await listed(false)]).toEqual([true, false]);
  await answer(writer, 'sessions.patch', { key, archived: null });
  expect([await listed(true), await listed(false)]).toEqual([false, true]);
});

it('a label names one session, whoever comes first', async () => {
  const label = newKey();
  const answers = await Promise.all(
    [newKey(), newKey(), newKey()].map((key) => client.call('sessions.patch', { key, label })),
  );
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  expect(answers.find(({ ok }) => !ok)?.error?.message).toBe(`label already in use: ${label}`);
  expect(await answer(client, 'sessions.resolve', { label })).toMatchObject({ ok: true });
});

it.each([
  [{ label: ' ' }, 'invalid label: must not be empty'],
  [{ thinkingLevel: 'much' }, 'invalid thinkingLevel (use off|minimal|low|medium|high|xhigh|adaptive)'],
  [{ verboseLevel: 'loud' }, 'invalid verboseLevel (use "on"|"off"|"full")'],
  [{ sendPolicy: 'maybe' }, 'invalid sendPolicy (use "allow"|"deny")'],
  [{ model: 'echo/unknown' }, 'model not allowed: echo/unknown'],
  [{ surprise: 1 }, "invalid sessions.patch params: at root: unexpected property 'surprise'"],
])('refuses %j', async (fields, message) => {
  const key = newKey();
  expect(await refusal(client, 'sessions.patch', { key, ...fields })).toBe(`INVALID_REQUEST ${message}`);
  expect(await answer(client, 'sessions.describe', { key })).toEqual({ session: null });
});

it('what changes what a run may do needs admin', async () => {
  const key = newKey();
  for (const fields of [{ sendPolicy: 'deny' }, { elevatedLevel: null }, { toolOverrides: { read: true } }])
    expect(await refusal(writer, 'sessions.patch', { key, ...fields })).toBe(
      'FORBIDDEN missing scope: operator.admin',
    );
  await answer(client, 'sessions.patch', { key, sendPolicy: 'deny' });
  expect(await refusal(writer, 'sessions.send', { key, message: 'Hi' })).toBe(
    'INVALID_REQUEST send blocked by session policy',
  );
});
