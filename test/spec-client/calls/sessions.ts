/** Sessions, from the first look at them to their end. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { expect } from 'vitest';
import { text } from '../primitives.js';
import * as shapes from '../shapes.js';
import { expectOk, expectShape, keyed, say, type Calls } from './call.js';

export const sessionCalls: Calls = {
  'sessions.list': async ({ client, key }) => {
    const list = await expectOk(client, 'sessions.list', { limit: 50, search: '' }, shapes.SessionList);
    expect((list.sessions as { readonly key: string }[]).map((row) => row.key)).toContain(key);
    await expectOk(
      client,
      'sessions.list',
      {
        includeDerivedTitles: true,
        includeLastMessage: true,
        archived: 'all',
        sortBy: 'activity',
        group: 'x',
      },
      shapes.SessionList,
    );
  },
  'sessions.subscribe': async ({ client }) => {
    const subscribed = v.looseObject({ subscribed: v.literal(true) });
    expect(await expectOk(client, 'sessions.subscribe', {}, subscribed)).not.toHaveProperty('list');
    const { list } = await expectOk(client, 'sessions.subscribe', { limit: 5 }, subscribed);
    expectShape(shapes.SessionList, list, 'sessions.subscribe list');
  },
  'sessions.messages.subscribe': async (story) => {
    const { client, key } = story;
    const params = { key };
    const subscribed = v.looseObject({ subscribed: v.literal(true), key: v.literal(key) });
    await expectOk(client, 'sessions.messages.subscribe', params, subscribed);
    await say(story, 'Watched');
    await client.event(({ event }) => event === 'session.message');
    await client.event(({ event }) => event === 'sessions.changed');
  },
  'sessions.messages.unsubscribe': async ({ client, key }) => {
    const gone = v.looseObject({ subscribed: v.literal(false), key: v.literal(key) });
    await expectOk(client, 'sessions.messages.unsubscribe', { key }, gone);
  },
  'sessions.unsubscribe': async ({ client }) =>
    void (await expectOk(
      client,
      'sessions.unsubscribe',
      {},
      v.looseObject({ subscribed: v.literal(false) }),
    )),
  'sessions.preview': async ({ client, key }) => {
    const { previews } = await expectOk(
      client,
      'sessions.preview',
      { keys: [key, 'nobody-was-here'], limit: 2, maxChars: 20 },
      shapes.Previews,
    );
    expect((previews as { readonly status: string }[]).map(({ status }) => status)).toEqual([
      'ok',
      'missing',
    ]);
  },
  'sessions.describe': async ({ client, key }) => {
    const described = v.looseObject({ session: v.nullable(shapes.SessionRow) });
    expect((await expectOk(client, 'sessions.describe', { key }, described)).session).toMatchObject({ key });
    expect((await expectOk(client, 'sessions.describe', { key: 'nobody' }, described)).session).toBeNull();
  },
  'sessions.resolve': async ({ client, key }) => {
    await expectOk(client, 'sessions.resolve', { key }, keyed);
    const missing = await client.call('sessions.resolve', { key: 'nobody' });
    expect(missing).toMatchObject({ ok: false, error: { message: 'No session found: nobody' } });
  },
  'sessions.get': async ({ client, key }) => {
    const messages = v.looseObject({ messages: v.pipe(v.array(shapes.Row), v.minLength(2)) });
    await expectOk(client, 'sessions.get', { key }, messages);
  },
  'sessions.create': async ({ client }) => {
    const created = v.looseObject({ ...keyed.entries, sessionId: text, entry: shapes.Entry });
    const silent = await expectOk(client, 'sessions.create', { label: `made ${randomUUID()}` }, created);
    expect(silent.runStarted).toBe(false);
    const started = await expectOk(client, 'sessions.create', { message: 'Begin' }, created);
    expect(started).toMatchObject({ runStarted: true, runId: expect.any(String) as unknown });
    await expectOk(client, 'agent.wait', { runId: started.runId }, shapes.Waited);
  },
  'sessions.send': async ({ client, key }) => {
    const started = v.looseObject({ runId: text, status: v.literal('started') });
    const { runId } = await expectOk(client, 'sessions.send', { key, message: 'And this' }, started);
    await expectOk(client, 'agent.wait', { runId }, shapes.Waited);
    const missing = await client.call('sessions.send', { key: 'nobody', message: 'x' });
    expect(missing).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  },
  'sessions.abort': async ({ client, key }) => {
    const idle = v.strictObject({
      ok: v.literal(true),
      abortedRunId: v.null(),
      status: v.literal('no-active-run'),
    });
    await expectOk(client, 'sessions.abort', { key }, idle);
  },
  'sessions.patch': async ({ client, key }) => {
    const patched = v.looseObject({
      ...keyed.entries,
      path: text,
      entry: shapes.Entry,
      resolved: v.looseObject({ modelProvider: text, model: text }),
    });
    const label = `named ${randomUUID()}`;
    const set = await expectOk(client, 'sessions.patch', { key, label, pinned: true }, patched);
    expect(set.entry).toMatchObject({ label });
    const cleared = await expectOk(client, 'sessions.patch', { key, label: null, pinned: null }, patched);
    expect(cleared.entry).not.toMatchObject({ label });
  },
  'sessions.compact': async ({ client, key }) => {
    const compacted = v.looseObject({ ...keyed.entries, compacted: v.boolean() });
    const cut = await expectOk(client, 'sessions.compact', { key, maxLines: 3 }, compacted);
    expect(cut).toMatchObject({ compacted: true, kept: 3, archived: expect.any(String) as unknown });
    const none = await expectOk(client, 'sessions.compact', { key: 'nobody' }, compacted);
    expect(none).toMatchObject({ compacted: false, reason: 'no sessionId' });
  },
  'sessions.reset': async ({ client, key }) => {
    const before = await expectOk(client, 'sessions.describe', { key }, v.looseObject({}));
    const reset = v.looseObject({ ...keyed.entries, entry: shapes.Entry });
    const { entry } = await expectOk(client, 'sessions.reset', { key, reason: 'new' }, reset);
    const { sessionId } = before.session as { readonly sessionId: string };
    expect((entry as { readonly sessionId: string }).sessionId).not.toBe(sessionId);
  },
  'sessions.delete': async ({ client, key }) => {
    const deleted = v.looseObject({ ...keyed.entries, deleted: v.boolean(), archived: v.array(text) });
    expect(await expectOk(client, 'sessions.delete', { key }, deleted)).toMatchObject({ deleted: true });
    const main = await client.call('sessions.delete', { key: 'main' });
    expect(main).toMatchObject({
      ok: false,
      error: { message: 'Cannot delete the main session (agent:main:main).' },
    });
  },
};
