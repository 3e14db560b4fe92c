/** Queue modes of messages to a session that is busy (runs-and-events.md §5). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, endsOf, eventsOf, LONG, sendTurn, started, userTexts } from '../../support/chat-turns.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { startLiveConfig, type LiveConfig } from '../../support/live-config.js';
import { newKey } from '../../support/run-story.js';
import { answer, refusal } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway({ config: { messages: { queue: { debounceMs: 0 } } } });
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

/** Of its own, since its config changes from test to test. */
let live: LiveConfig;
beforeAll(async () => {
  live = await startLiveConfig();
});
afterAll(() => live.stop());

/** A client of a gateway with this `messages.queue`. */
async function configured(queue: object): Promise<ControlClient> {
  await live.apply({ messages: { queue } });
  return live.client;
}

/** A session whose run ends only when it is told to. */
async function busy(by = client): Promise<{ key: string; free: () => Promise<unknown> }> {
  const key = newKey();
  const runId = await sendTurn(by, key, LONG, { queueMode: 'followup' });
  await started(by, runId);
  return { key, free: () => answer(by, 'chat.abort', { sessionKey: key, runId }) };
}

describe.each(['followup', 'steer', undefined])('%s', (queueMode) => {
  it('each message is a run of its own, after the active one', async () => {
    const { key, free } = await busy();
    const mode = queueMode === undefined ? {} : { queueMode };
    const runIds = [await sendTurn(client, key, 'two', mode), await sendTurn(client, key, 'three', mode)];
    await free();
    for (const runId of runIds) expect(await ended(client, runId)).toMatchObject({ state: 'final' });
    expect(await userTexts(client, key)).toEqual([LONG, 'two', 'three']);
    for (const runId of runIds) expect(eventsOf(client, runId)).toContain('agent start');
  });
});

describe('collect', () => {
  const collect = { queueMode: 'collect' };
  const sendAll = async (key: string, ...messages: string[]): Promise<string[]> => {
    const runIds: string[] = [];
    for (const message of messages) runIds.push(await sendTurn(client, key, message, collect));
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
    expect(await ended(client, a)).toMatchObject({ state: 'final', message: { content: [{ text: 'c' }] } });
    for (const runId of [b, c]) {
      expect(await ended(client, runId)).not.toHaveProperty('message');
      expect(eventsOf(client, runId)).toEqual(['chat final']);
    }
    expect(await userTexts(client, key)).toEqual([LONG, 'a', 'b', 'c']);
  });

  it('a message to an idle session starts at once', async () => {
    const key = newKey();
    const [only = ''] = await sendAll(key, 'only');
    expect(await ended(client, only)).toMatchObject({ message: { content: [{ text: 'only' }] } });
  });

  it('a key that was merged answers how it ended, and runs no more', async () => {
    const { key, free } = await busy();
    const [head = ''] = await sendAll(key, 'a');
    const params = { sessionKey: key, message: 'b', idempotencyKey: randomUUID(), ...collect };
    await answer(client, 'chat.send', params);
    expect(await answer(client, 'chat.send', params)).toMatchObject({ status: 'in_flight' });
    await free();
    await ended(client, head);
    const again = { runId: params.idempotencyKey, status: 'ok' };
    expect(await answer(client, 'chat.send', params)).toEqual(again);
    expect(await answer(client, 'agent.wait', { runId: params.idempotencyKey })).toMatchObject(again);
    expect(await userTexts(client, key)).toEqual([LONG, 'a', 'b']);
    expect(endsOf(client, params.idempotencyKey)).toEqual(['final']);
  });

  it('joins only neighbours: what others asked for between keeps its place', async () => {
    const { key, free } = await busy();
    await sendAll(key, 'a');
    const between = randomUUID();
    const params = { sessionKey: key, message: 'between', idempotencyKey: between };
    await answer(client, 'agent', params);
    const last = await sendAll(key, 'b', 'c');
    await free();
    for (const runId of last) await ended(client, runId);
    expect(await userTexts(client, key)).toEqual([LONG, 'a', 'between', 'b', 'c']);
    expect(eventsOf(client, between)).toContain('agent start');
    expect(eventsOf(client, last[1] ?? '')).toEqual(['chat final']);
  });

  it('one that is aborted while it waits joins nothing', async () => {
    const { key, free } = await busy();
    const [head = '', gone = ''] = await sendAll(key, 'a', 'never');
    const aborted = { ok: true, aborted: true, runIds: [gone] };
    expect(await answer(client, 'chat.abort', { sessionKey: key, runId: gone })).toEqual(aborted);
    await free();
    await ended(client, head);
    expect(await userTexts(client, key)).toEqual([LONG, 'a']);
    expect(eventsOf(client, gone)).toEqual(['chat aborted']);
  });

  it('an abort of the first while all wait leaves the others to be one run', async () => {
    const { key, free } = await busy();
    const [a = '', b = '', c = ''] = await sendAll(key, 'a', 'b', 'c');
    await answer(client, 'chat.abort', { sessionKey: key, runId: a });
    await free();
    await ended(client, b);
    expect(await userTexts(client, key)).toEqual([LONG, 'b', 'c']);
    expect([endsOf(client, a), endsOf(client, b), endsOf(client, c)]).toEqual([
      ['aborted'],
      ['final'],
      ['final'],
    ]);
  });

  it('waits for a pause in what comes', async () => {
    const by = await configured({ mode: 'collect', debounceMs: 1_500 });
    const { key, free } = await busy(by);
    const a = await sendTurn(by, key, 'a');
    await free();
    // The session is idle now, but the pause after `a` is not over.
    const b = await sendTurn(by, key, 'b');
    await ended(by, a);
    expect(eventsOf(by, b)).toEqual(['chat final']);
    expect(await userTexts(by, key)).toEqual([LONG, 'a', 'b']);
  });

  it('waits for no pause when nothing more can join', async () => {
    const by = await configured({ mode: 'collect', debounceMs: 600_000, cap: 2 });
    const full = await busy(by);
    for (const message of ['a', 'b']) await sendTurn(by, full.key, message);
    await full.free();
    const stopped = await busy(by);
    const first = await sendTurn(by, stopped.key, 'a');
    await stopped.free();
    const next = await sendTurn(by, stopped.key, 'b', { queueMode: 'followup' });
    for (const runId of [first, next]) expect(await ended(by, runId)).toMatchObject({ state: 'final' });
    await waitFor('both', async () => (await userTexts(by, full.key)).length === 3);
  });
});

describe('interrupt', () => {
  const interrupt = { queueMode: 'interrupt' };

  it('ends the active run, then goes before what waits', async () => {
    const key = newKey();
    const active = await sendTurn(client, key, LONG);
    await started(client, active);
    const waiting = await sendTurn(client, key, 'waiting');
    const urgent = await sendTurn(client, key, 'urgent', interrupt);
    expect(await ended(client, active)).toMatchObject({ state: 'aborted', stopReason: 'rpc' });
    for (const runId of [urgent, waiting])
      expect(await ended(client, runId)).toMatchObject({ state: 'final' });
    expect(await userTexts(client, key)).toEqual([LONG, 'urgent', 'waiting']);
  });

  it('ends it once: a repeat of its key ends nothing', async () => {
    const key = newKey();
    const params = { sessionKey: key, message: 'urgent', idempotencyKey: randomUUID(), ...interrupt };
    await answer(client, 'chat.send', params);
    await ended(client, params.idempotencyKey);
    const active = await sendTurn(client, key, LONG);
    await started(client, active);
    expect(await answer(client, 'chat.send', params)).toMatchObject({ status: 'ok' });
    expect(endsOf(client, active)).toEqual([]);
    await answer(client, 'chat.abort', { sessionKey: key });
  });

  it('of several at once each keeps its message, and the last one is answered', async () => {
    const key = newKey();
    const active = await sendTurn(client, key, LONG);
    await started(client, active);
    const runIds = ['one', 'two', 'three'].map((message) => {
      const idempotencyKey = randomUUID();
      const params = { sessionKey: key, message, idempotencyKey, ...interrupt };
      client.send({ type: 'req', id: idempotencyKey, method: 'chat.send', params });
      return idempotencyKey;
    });
    expect(await ended(client, runIds[2] ?? '')).toMatchObject({ state: 'final' });
    expect(await userTexts(client, key)).toEqual([LONG, 'one', 'two', 'three']);
    for (const runId of [active, ...runIds]) expect(endsOf(client, runId)).toHaveLength(1);
  });
});

describe('whose mode it is', () => {
  it('sessions.send takes one too', async () => {
    const key = newKey();
    const active = await sendTurn(client, key, LONG);
    await started(client, active);
    const { runId } = await answer(client, 'sessions.send', {
      key,
      message: 'urgent',
      queueMode: 'interrupt',
    });
    expect(await ended(client, active)).toMatchObject({ state: 'aborted' });
    expect(await ended(client, String(runId))).toMatchObject({ state: 'final' });
  });

  it('the call says, else the session, else the config', async () => {
    const by = await configured({ mode: 'interrupt', debounceMs: 0 });
    const [byConfig, bySession, byCall] = [newKey(), newKey(), newKey()];
    const outcome = async (key: string, more: object): Promise<string> => {
      const runId = await sendTurn(by, key, LONG, { queueMode: 'followup' });
      await started(by, runId);
      await sendTurn(by, key, 'next', more);
      const { aborted } = await answer(by, 'chat.abort', { sessionKey: key, runId });
      return aborted === true ? 'went on' : 'was interrupted';
    };
    for (const key of [bySession, byCall]) {
      const { entry } = await answer(by, 'sessions.patch', { key, queueMode: 'followup' });
      expect(entry).toMatchObject({ queueMode: 'followup' });
    }
    expect(await outcome(byConfig, {})).toBe('was interrupted');
    expect(await outcome(bySession, {})).toBe('went on');
    expect(await outcome(byCall, { queueMode: 'interrupt' })).toBe('was interrupted');
    expect(await refusal(by, 'sessions.patch', { key: byCall, queueMode: 'never' })).toBe(
      'INVALID_REQUEST invalid queueMode (use steer|followup|collect|interrupt)',
    );
  });

  it('agent uses none: it waits for its turn whatever the config says', async () => {
    const by = await configured({ mode: 'interrupt' });
    const { key, free } = await busy(by);
    const params = { sessionKey: key, message: 'next', idempotencyKey: randomUUID() };
    await answer(by, 'agent', params);
    expect(await free()).toMatchObject({ aborted: true });
    expect(await ended(by, params.idempotencyKey)).toMatchObject({ state: 'final' });
  });
});

describe('when too many wait', () => {
  async function full(
    queue: object,
  ): Promise<{ by: ControlClient; key: string; active: string; runIds: string[] }> {
    const by = await configured({ cap: 2, debounceMs: 0, ...queue });
    const key = newKey();
    const active = await sendTurn(by, key, LONG);
    await started(by, active);
    const runIds = [await sendTurn(by, key, 'one'), await sendTurn(by, key, 'two')];
    return { by, key, active, runIds };
  }
  const go = (by: ControlClient, key: string, runId: string): Promise<unknown> =>
    answer(by, 'chat.abort', { sessionKey: key, runId });

  it('new: what comes is refused, and its key is free', async () => {
    const { by, key, active, runIds } = await full({ drop: 'new' });
    const params = { sessionKey: key, message: 'three', idempotencyKey: randomUUID() };
    expect((await by.call('chat.send', params)).error).toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
    const repeat = { sessionKey: key, message: 'one', idempotencyKey: runIds[0] };
    expect(await answer(by, 'chat.send', repeat)).toMatchObject({ status: 'in_flight' });
    await go(by, key, active);
    await ended(by, runIds[1] ?? '');
    expect(await answer(by, 'chat.send', params)).toMatchObject({ status: 'started' });
    await ended(by, params.idempotencyKey);
    expect(await userTexts(by, key)).toEqual([LONG, 'one', 'two', 'three']);
  });

  it('old: the oldest ends with an error, once', async () => {
    const { by, key, active, runIds } = await full({ drop: 'old' });
    const third = await sendTurn(by, key, 'three');
    const message = 'dropped: more than 2 messages were waiting';
    expect(await ended(by, runIds[0] ?? '')).toMatchObject({ state: 'error', errorMessage: message });
    await go(by, key, active);
    await ended(by, third);
    expect(await userTexts(by, key)).toEqual([LONG, 'two', 'three']);
    const repeat = { sessionKey: key, message: 'one', idempotencyKey: runIds[0] };
    expect(await refusal(by, 'chat.send', repeat)).toBe(`UNAVAILABLE ${message}`);
    expect(endsOf(by, runIds[0] ?? '')).toEqual(['error']);
  });

  it('summarize: a short line of each that was dropped goes before the next turn', async () => {
    const { by, key, active, runIds } = await full({ drop: 'summarize', mode: 'collect' });
    const rest = [await sendTurn(by, key, `three\n${'x'.repeat(500)}`), await sendTurn(by, key, 'four')];
    for (const runId of runIds) {
      expect(await ended(by, runId)).toMatchObject({ state: 'final' });
      expect(await ended(by, runId)).not.toHaveProperty('message');
      const repeat = { sessionKey: key, message: 'one', idempotencyKey: runId };
      expect(await answer(by, 'chat.send', repeat)).toEqual({ runId, status: 'ok' });
    }
    await go(by, key, active);
    for (const runId of rest) await ended(by, runId);
    const texts = await userTexts(by, key);
    expect(texts).toEqual([
      LONG,
      expect.stringMatching(/2 messages[^]*- one\n- two$/),
      expect.stringMatching(/^three/),
      'four',
    ]);
    await ended(by, await sendTurn(by, key, 'five'));
    expect(await userTexts(by, key)).toEqual([...texts, 'five']);
  });
});
