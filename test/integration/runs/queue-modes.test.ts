/** Queue modes of messages to a session that is busy (runs-and-events.md §5). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import { newKey, ofRun, story } from '../../support/run-story.js';
import { answer, refusal, userTexts } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

const LONG = '/trickle 1000 50';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway({ config: { messages: { queue: { debounceMs: 0 } } } });
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

/** Gives the run's id, once it is accepted. */
async function send(sessionKey: string, message: string, more: object = {}, by = client): Promise<string> {
  const idempotencyKey = randomUUID();
  const params = { sessionKey, message, idempotencyKey, ...more };
  expect(await answer(by, 'chat.send', params)).toEqual({ runId: idempotencyKey, status: 'started' });
  return idempotencyKey;
}

async function started(runId: string, by = client): Promise<void> {
  await by.frame('start', ({ event, payload }) => event === 'agent' && payload?.runId === runId);
}

async function ended(runId: string, by = client): Promise<Record<string, unknown> | undefined> {
  const { payload } = await by.frame(
    'end',
    (frame) => frame.event === 'chat' && ofRun(runId)(frame) && frame.payload?.state !== 'delta',
  );
  return payload;
}

const states = (runId: string, by = client): string[] =>
  story(by.frames, runId).filter((line) => line.startsWith('chat') && line !== 'chat delta');
const events = (runId: string, by = client): string[] =>
  story(by.frames, runId).filter((line) => !line.startsWith('res'));

/** A session whose run ends only when it is told to. */
async function busy(by = client): Promise<{ key: string; free: () => Promise<unknown> }> {
  const key = newKey();
  const runId = await send(key, LONG, { queueMode: 'followup' }, by);
  await started(runId, by);
  return { key, free: () => answer(by, 'chat.abort', { sessionKey: key, runId }) };
}

describe.each(['followup', 'steer', undefined])('%s', (queueMode) => {
  it('each message is a run of its own, after the active one', async () => {
    const { key, free } = await busy();
    const mode = queueMode === undefined ? {} : { queueMode };
    const runIds = [await send(key, 'two', mode), await send(key, 'three', mode)];
    await free();
    for (const runId of runIds) expect(await ended(runId)).toMatchObject({ state: 'final' });
    expect(await userTexts(client, key)).toEqual([LONG, 'two', 'three']);
    for (const runId of runIds) expect(events(runId)).toContain('agent start');
  });
});

describe('collect', () => {
  const collect = { queueMode: 'collect' };
  const sendAll = async (key: string, ...messages: string[]): Promise<string[]> => {
    const runIds: string[] = [];
    for (const message of messages) runIds.push(await send(key, message, collect));
    return runIds;
  };

  it('what waits is one run of the first of them; the others are told that they are taken over', async () => {
    const { key, free } = await busy();
    const [a = '', b = '', c = ''] = await sendAll(key, 'a', 'b', 'c');
    expect(await answer(client, 'agent.wait', { runId: b })).toEqual({
      runId: b,
      status: 'pending',
      timeoutPhase: 'queue',
      providerStarted: false,
    });
    await free();
    expect(await ended(a)).toMatchObject({ state: 'final', message: { content: [{ text: 'c' }] } });
    for (const runId of [b, c]) {
      expect(await ended(runId)).not.toHaveProperty('message');
      expect(events(runId)).toEqual(['chat final']);
    }
    expect(await userTexts(client, key)).toEqual([LONG, 'a', 'b', 'c']);
  });

  it('a message to an idle session starts at once', async () => {
    const key = newKey();
    const [only = ''] = await sendAll(key, 'only');
    expect(await ended(only)).toMatchObject({ message: { content: [{ text: 'only' }] } });
  });

  it('a key that was merged answers how it ended, and runs no more', async () => {
    const { key, free } = await busy();
    const [head = ''] = await sendAll(key, 'a');
    const params = { sessionKey: key, message: 'b', idempotencyKey: randomUUID(), ...collect };
    await answer(client, 'chat.send', params);
    expect(await answer(client, 'chat.send', params)).toMatchObject({ status: 'in_flight' });
    await free();
    await ended(head);
    const again = { runId: params.idempotencyKey, status: 'ok' };
    expect(await answer(client, 'chat.send', params)).toEqual(again);
    expect(await answer(client, 'agent.wait', { runId: params.idempotencyKey })).toMatchObject(again);
    expect(await userTexts(client, key)).toEqual([LONG, 'a', 'b']);
    expect(states(params.idempotencyKey)).toEqual(['chat final']);
  });

  it('joins only neighbours: what others asked for between keeps its place', async () => {
    const { key, free } = await busy();
    await sendAll(key, 'a');
    const between = randomUUID();
    const params = { sessionKey: key, message: 'between', idempotencyKey: between };
    await answer(client, 'agent', params);
    const last = await sendAll(key, 'b', 'c');
    await free();
    for (const runId of last) await ended(runId);
    expect(await userTexts(client, key)).toEqual([LONG, 'a', 'between', 'b', 'c']);
    expect(events(between)).toContain('agent start');
    expect(events(last[1] ?? '')).toEqual(['chat final']);
  });

  it('one that is aborted while it waits joins nothing', async () => {
    const { key, free } = await busy();
    const [head = '', gone = ''] = await sendAll(key, 'a', 'never');
    const aborted = { ok: true, aborted: true, runIds: [gone] };
    expect(await answer(client, 'chat.abort', { sessionKey: key, runId: gone })).toEqual(aborted);
    await free();
    await ended(head);
    expect(await userTexts(client, key)).toEqual([LONG, 'a']);
    expect(events(gone)).toEqual(['chat aborted']);
  });

  it('an abort of the first while all wait leaves the others to be one run', async () => {
    const { key, free } = await busy();
    const [a = '', b = '', c = ''] = await sendAll(key, 'a', 'b', 'c');
    await answer(client, 'chat.abort', { sessionKey: key, runId: a });
    await free();
    await ended(b);
    expect(await userTexts(client, key)).toEqual([LONG, 'b', 'c']);
    expect([states(a), states(b), states(c)]).toEqual([['chat aborted'], ['chat final'], ['chat final']]);
  });

  it('waits for a pause in what comes', async (test) => {
    const config = { messages: { queue: { mode: 'collect', debounceMs: 1_500 } } };
    const by = await connectControl((await startFor(test, { config })).wsUrl);
    const { key, free } = await busy(by);
    const a = await send(key, 'a', {}, by);
    await free();
    // The session is idle now, but the pause after `a` is not over.
    const b = await send(key, 'b', {}, by);
    await ended(a, by);
    expect(events(b, by)).toEqual(['chat final']);
    expect(await userTexts(by, key)).toEqual([LONG, 'a', 'b']);
  });

  it('waits for no pause when nothing more can join', async (test) => {
    const config = { messages: { queue: { mode: 'collect', debounceMs: 600_000, cap: 2 } } };
    const by = await connectControl((await startFor(test, { config })).wsUrl);
    const full = await busy(by);
    for (const message of ['a', 'b']) await send(full.key, message, {}, by);
    await full.free();
    const stopped = await busy(by);
    const first = await send(stopped.key, 'a', {}, by);
    await stopped.free();
    const next = await send(stopped.key, 'b', { queueMode: 'followup' }, by);
    for (const runId of [first, next]) expect(await ended(runId, by)).toMatchObject({ state: 'final' });
    await waitFor('both', async () => (await userTexts(by, full.key)).length === 3);
  });
});

describe('interrupt', () => {
  const interrupt = { queueMode: 'interrupt' };

  it('ends the active run, then goes before what waits', async () => {
    const key = newKey();
    const active = await send(key, LONG);
    await started(active);
    const waiting = await send(key, 'waiting');
    const urgent = await send(key, 'urgent', interrupt);
    expect(await ended(active)).toMatchObject({ state: 'aborted', stopReason: 'rpc' });
    for (const runId of [urgent, waiting]) expect(await ended(runId)).toMatchObject({ state: 'final' });
    expect(await userTexts(client, key)).toEqual([LONG, 'urgent', 'waiting']);
  });

  it('ends it once: a repeat of its key ends nothing', async () => {
    const key = newKey();
    const params = { sessionKey: key, message: 'urgent', idempotencyKey: randomUUID(), ...interrupt };
    await answer(client, 'chat.send', params);
    await ended(params.idempotencyKey);
    const active = await send(key, LONG);
    await started(active);
    expect(await answer(client, 'chat.send', params)).toMatchObject({ status: 'ok' });
    expect(states(active)).toEqual([]);
    await answer(client, 'chat.abort', { sessionKey: key });
  });

  it('of several at once each keeps its message, and the last one is answered', async () => {
    const key = newKey();
    const active = await send(key, LONG);
    await started(active);
    const runIds = ['one', 'two', 'three'].map((message) => {
      const idempotencyKey = randomUUID();
      const params = { sessionKey: key, message, idempotencyKey, ...interrupt };
      client.send({ type: 'req', id: idempotencyKey, method: 'chat.send', params });
      return idempotencyKey;
    });
    expect(await ended(runIds[2] ?? '')).toMatchObject({ state: 'final' });
    expect(await userTexts(client, key)).toEqual([LONG, 'one', 'two', 'three']);
    for (const runId of [active, ...runIds]) expect(states(runId)).toHaveLength(1);
  });
});

describe('whose mode it is', () => {
  it('sessions.send takes one too', async () => {
    const key = newKey();
    const active = await send(key, LONG);
    await started(active);
    const { runId } = await answer(client, 'sessions.send', {
      key,
      message: 'urgent',
      queueMode: 'interrupt',
    });
    expect(await ended(active)).toMatchObject({ state: 'aborted' });
    expect(await ended(String(runId))).toMatchObject({ state: 'final' });
  });

  it('the call says, else the session, else the config', async (test) => {
    const config = { messages: { queue: { mode: 'interrupt', debounceMs: 0 } } };
    const by = await connectControl((await startFor(test, { config })).wsUrl);
    const [byConfig, bySession, byCall] = [newKey(), newKey(), newKey()];
    const outcome = async (key: string, more: object): Promise<unknown> => {
      const active = await send(key, '/wait 400', {}, by);
      await started(active, by);
      await send(key, 'next', more, by);
      return (await ended(active, by))?.state;
    };
    for (const key of [bySession, byCall]) {
      const { entry } = await answer(by, 'sessions.patch', { key, queueMode: 'followup' });
      expect(entry).toMatchObject({ queueMode: 'followup' });
    }
    expect(await outcome(byConfig, {})).toBe('aborted');
    expect(await outcome(bySession, {})).toBe('final');
    expect(await outcome(byCall, { queueMode: 'interrupt' })).toBe('aborted');
    expect(await refusal(by, 'sessions.patch', { key: byCall, queueMode: 'never' })).toBe(
      'INVALID_REQUEST invalid queueMode (use steer|followup|collect|interrupt)',
    );
  });

  it('agent uses none: it waits for its turn whatever the config says', async (test) => {
    const config = { messages: { queue: { mode: 'interrupt' } } };
    const by = await connectControl((await startFor(test, { config })).wsUrl);
    const key = newKey();
    const active = await send(key, '/wait 300', {}, by);
    await started(active, by);
    const params = { sessionKey: key, message: 'next', idempotencyKey: randomUUID() };
    await answer(by, 'agent', params);
    expect(await ended(active, by)).toMatchObject({ state: 'final' });
    expect(await ended(params.idempotencyKey, by)).toMatchObject({ state: 'final' });
  });
});

describe('when too many wait', () => {
  async function full(
    test: Parameters<typeof startFor>[0],
    queue: object,
  ): Promise<{ by: ControlClient; key: string; active: string; runIds: string[] }> {
    const config = { messages: { queue: { cap: 2, debounceMs: 0, ...queue } } };
    const by = await connectControl((await startFor(test, { config })).wsUrl);
    const key = newKey();
    const active = await send(key, LONG, {}, by);
    await started(active, by);
    const runIds = [await send(key, 'one', {}, by), await send(key, 'two', {}, by)];
    return { by, key, active, runIds };
  }
  const go = (by: ControlClient, key: string, runId: string): Promise<unknown> =>
    answer(by, 'chat.abort', { sessionKey: key, runId });

  it('new: what comes is refused, and its key is free', async (test) => {
    const { by, key, active, runIds } = await full(test, { drop: 'new' });
    const params = { sessionKey: key, message: 'three', idempotencyKey: randomUUID() };
    expect((await by.call('chat.send', params)).error).toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
    const repeat = { sessionKey: key, message: 'one', idempotencyKey: runIds[0] };
    expect(await answer(by, 'chat.send', repeat)).toMatchObject({ status: 'in_flight' });
    await go(by, key, active);
    await ended(runIds[1] ?? '', by);
    expect(await answer(by, 'chat.send', params)).toMatchObject({ status: 'started' });
    await ended(params.idempotencyKey, by);
    expect(await userTexts(by, key)).toEqual([LONG, 'one', 'two', 'three']);
  });

  it('old: the oldest ends with an error, once', async (test) => {
    const { by, key, active, runIds } = await full(test, { drop: 'old' });
    const third = await send(key, 'three', {}, by);
    const message = 'dropped: more than 2 messages were waiting';
    expect(await ended(runIds[0] ?? '', by)).toMatchObject({ state: 'error', errorMessage: message });
    await go(by, key, active);
    await ended(third, by);
    expect(await userTexts(by, key)).toEqual([LONG, 'two', 'three']);
    const repeat = { sessionKey: key, message: 'one', idempotencyKey: runIds[0] };
    expect(await refusal(by, 'chat.send', repeat)).toBe(`UNAVAILABLE ${message}`);
    expect(states(runIds[0] ?? '', by)).toEqual(['chat error']);
  });

  it('summarize: a short line of each that was dropped goes before the next turn', async (test) => {
    const { by, key, active, runIds } = await full(test, { drop: 'summarize', mode: 'collect' });
    const rest = [await send(key, `three\n${'x'.repeat(500)}`, {}, by), await send(key, 'four', {}, by)];
    for (const runId of runIds) {
      expect(await ended(runId, by)).toMatchObject({ state: 'final' });
      expect(await ended(runId, by)).not.toHaveProperty('message');
      const repeat = { sessionKey: key, message: 'one', idempotencyKey: runId };
      expect(await answer(by, 'chat.send', repeat)).toEqual({ runId, status: 'ok' });
    }
    await go(by, key, active);
    for (const runId of rest) await ended(runId, by);
    const texts = await userTexts(by, key);
    expect(texts).toEqual([
      LONG,
      expect.stringMatching(/2 messages[^]*- one\n- two$/),
      expect.stringMatching(/^three/),
      'four',
    ]);
    await ended(await send(key, 'five', {}, by), by);
    expect(await userTexts(by, key)).toEqual([...texts, 'five']);
  });
});
