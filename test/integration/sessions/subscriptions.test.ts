/** `sessions.changed` and `session.message`, and who gets them (methods.md §4.2, runs-and-events.md §15). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, runTurn } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

const of = (event: string, key: string) => (frame: Frame) =>
  frame.event === event && frame.payload?.sessionKey === `agent:main:${key}`;
/** A round trip: whatever was sent before has come. */
const settled = (one: ControlClient): Promise<unknown> => one.call('health');

it('sessions.changed tells subscribers what happened, with the row', async () => {
  const key = newKey();
  expect(await answer(client, 'sessions.subscribe', {})).toEqual({ subscribed: true });
  await answer(client, 'sessions.create', { key, label: key });
  const created = await client.frame('create', of('sessions.changed', key));
  expect(created.payload).toMatchObject({
    reason: 'create',
    ts: expect.any(Number),
    agentId: 'main',
    label: key,
    kind: 'direct',
    sessionId: expect.any(String),
  });
  expect(created.seq).toEqual(expect.any(Number));
  const changes = (): Frame[] => client.frames.filter(of('sessions.changed', key));
  const next = (what: string, fields: object): Promise<Frame> =>
    waitFor(what, () =>
      changes().find(({ payload }) =>
        Object.entries(fields).every(([name, value]) => payload?.[name] === value),
      ),
    );
  const { runId } = await answer(client, 'sessions.send', { key, message: '/trickle 20 50' });
  await next('start', { phase: 'start', runId, hasActiveRun: true, status: 'running' });
  await next('end', { phase: 'end', runId, hasActiveRun: false, status: 'done' });
  await answer(client, 'sessions.reset', { key, reason: 'new' });
  await next('new', { reason: 'new' });
  await answer(client, 'sessions.delete', { key });
  expect((await next('delete', { reason: 'delete' })).payload).not.toHaveProperty('sessionId');
});

it('only subscribers hear of changes, and not after they unsubscribe', async () => {
  const stranger = await connectControl(gateway.wsUrl);
  const former = await connectControl(gateway.wsUrl);
  await answer(client, 'sessions.subscribe', {});
  await answer(former, 'sessions.subscribe', {});
  expect(await answer(former, 'sessions.unsubscribe', {})).toEqual({ subscribed: false });
  const key = newKey();
  await answer(client, 'sessions.create', { key });
  await client.frame('create', of('sessions.changed', key));
  for (const one of [stranger, former]) {
    await settled(one);
    expect(one.frames.filter(({ event }) => event === 'sessions.changed')).toEqual([]);
    await one.close();
  }
});

it('subscribe with a filter gives the list too', async () => {
  const key = newKey();
  await answer(client, 'sessions.create', { key });
  expect(await answer(client, 'sessions.subscribe', { search: key })).toMatchObject({
    subscribed: true,
    list: { count: 1, sessions: [{ key: `agent:main:${key}` }] },
  });
});

it('session.message brings each message of a session, in order, before its turn is told to be over', async () => {
  const [key, other] = [newKey(), newKey()];
  const listener = await connectControl(gateway.wsUrl);
  expect(await answer(listener, 'sessions.messages.subscribe', { key: key.toUpperCase() })).toEqual({
    subscribed: true,
    key: `agent:main:${key}`,
  });
  await runTurn(client, 'unheard', other);
  await runTurn(client, 'Hello', key);
  await answer(client, 'chat.inject', { sessionKey: key, message: 'Note' });
  const messages = await waitFor('messages', () => {
    const got = listener.frames.filter(({ event }) => event === 'session.message');
    return got.length >= 3 && got;
  });
  const content = [{ type: 'text', text: 'Hello' }];
  expect(messages.map(({ payload }) => payload)).toMatchObject([
    { messageSeq: 1, message: { role: 'user', content } },
    { messageSeq: 2, message: { role: 'assistant', content } },
    { messageSeq: 3, message: { role: 'assistant', content: [{ type: 'text', text: 'Note' }] } },
  ]);
  expect(messages.every(of('session.message', key))).toBe(true);
  const { payload } = await listener.call('chat.history', { sessionKey: key });
  expect(payload?.messages).toMatchObject(
    messages.map((message) => ({ __openclaw: { id: message.payload?.messageId } })),
  );
  const final = listener.frames.findIndex(
    ({ event, payload }) =>
      event === 'chat' && payload?.sessionKey === `agent:main:${key}` && payload.state === 'final',
  );
  expect(final).toBeGreaterThan(listener.frames.indexOf(messages[1] as Frame));
  expect(await answer(listener, 'sessions.messages.unsubscribe', { key })).toEqual({
    subscribed: false,
    key: `agent:main:${key}`,
  });
  await runTurn(client, 'again', key);
  await settled(listener);
  expect(listener.frames.filter(({ event }) => event === 'session.message')).toHaveLength(3);
  await listener.close();
});

it('whoever sends a message is answered before it is told of anything that comes of it', async () => {
  const key = newKey();
  const sender = await connectControl(gateway.wsUrl);
  await answer(sender, 'sessions.messages.subscribe', { key });
  const final = await runTurn(sender, 'Hello', key);
  const heard = sender.frames.filter(
    (frame) => of('session.message', key)(frame) || frame.payload?.runId === final.id,
  );
  expect(heard[0]).toMatchObject({ type: 'res', id: final.id, payload: { status: 'accepted' } });
  expect(heard[1]).toMatchObject({ event: 'session.message', payload: { message: { role: 'user' } } });
  await sender.close();
});
