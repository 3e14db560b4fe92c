/** Runs and chat. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { expect } from 'vitest';
import { text } from '../primitives.js';
import * as shapes from '../shapes.js';
import { expectOk, expectShape, say, type Calls } from './call.js';

export const runCalls: Calls = {
  agent: async (story) => {
    const { client, key } = story;
    story.runId = randomUUID();
    const params = { message: 'Hello', idempotencyKey: story.runId, sessionKey: key };
    const [accepted, final] = await client.callTwice('agent', params);
    expectShape(shapes.Accepted, accepted.payload, 'agent accepted');
    expectShape(shapes.Completed, final.payload, 'agent final');
    expect([accepted.ok, final.ok]).toEqual([true, true]);
    expect(accepted.payload).toMatchObject({ runId: story.runId, sessionKey: key });
  },
  'agent.wait': async ({ client, runId }) => {
    await expectOk(client, 'agent.wait', { runId, timeoutMs: 5_000 }, shapes.Waited);
    const unknown = await client.call('agent.wait', { runId: randomUUID(), timeoutMs: 10 });
    expect(unknown.payload).toMatchObject({ status: 'timeout' });
    expect(unknown.payload).not.toHaveProperty('endedAt');
  },
  'chat.send': async (story) => {
    const runId = await say(story, 'How are you?');
    await expectOk(
      story.client,
      'chat.send',
      { sessionKey: story.key, message: 'How are you?', idempotencyKey: runId },
      v.looseObject({ runId: v.literal(runId), status: v.literal('ok') }),
    );
  },
  'chat.history': async ({ client, key }) => {
    const history = await expectOk(client, 'chat.history', { sessionKey: key }, shapes.History);
    const roles = (history.messages as { readonly role: string }[]).map(({ role }) => role);
    expect(roles.slice(0, 2)).toEqual(['user', 'assistant']);
    const page = await expectOk(client, 'chat.history', { sessionKey: key, limit: 1 }, shapes.History);
    expect(page.messages).toHaveLength(1);
    expect(page).toMatchObject({ hasMore: true, nextOffset: 1 });
    const none = await expectOk(client, 'chat.history', { sessionKey: randomUUID() }, shapes.History);
    expect(none).toMatchObject({ messages: [] });
    expect(none).not.toHaveProperty('sessionId');
  },
  'chat.startup': async ({ client, key }) => {
    await expectOk(client, 'chat.startup', { sessionKey: key }, shapes.History);
    const missing = v.looseObject({ resolution: v.looseObject({ ok: v.literal(false) }) });
    await expectOk(client, 'chat.startup', { shortId: 'zzzzzzzz' }, missing);
  },
  'chat.metadata': async ({ client }) => {
    const both = v.looseObject({ ...shapes.Models.entries, ...shapes.Commands.entries });
    await expectOk(client, 'chat.metadata', {}, both);
  },
  'chat.abort': async ({ client, key }) => {
    const nothing = v.strictObject({
      ok: v.literal(true),
      aborted: v.literal(false),
      runIds: v.pipe(v.array(v.string()), v.length(0)),
    });
    await expectOk(client, 'chat.abort', { sessionKey: key }, nothing);
  },
  'chat.inject': async ({ client, key }) => {
    const injected = v.looseObject({ ok: v.literal(true), messageId: text });
    const { messageId } = await expectOk(
      client,
      'chat.inject',
      { sessionKey: key, message: 'By hand' },
      injected,
    );
    const event = await client.event(
      ({ event: name, payload }) =>
        name === 'chat' && (payload as { readonly runId: string }).runId === `inject-${String(messageId)}`,
    );
    expect(event.payload).toMatchObject({ sessionKey: key, seq: 0, state: 'final' });
  },
  send: async ({ client, key }) => {
    const refused = await client.call('send', { to: 'someone', idempotencyKey: randomUUID() });
    expect(refused).toMatchObject({ ok: false, error: { message: 'text or media is required' } });
    const sent = v.looseObject({ runId: text, messageId: text, channel: v.literal('webchat') });
    const params = {
      to: key,
      message: 'Sent',
      channel: 'webchat',
      sessionKey: key,
      idempotencyKey: randomUUID(),
    };
    const first = await expectOk(client, 'send', params, sent);
    expect(await expectOk(client, 'send', params, sent)).toEqual(first);
  },
};
