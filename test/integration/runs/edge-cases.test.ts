/** The edge cases of runs that have no file of their own, against providers that misbehave (runs-and-events.md §17). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ended, endsOf, eventsOf, LONG, sendTurn, started, userTexts } from '../../support/chat-turns.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import {
  answerStatus,
  answerStream,
  chunk,
  type MockProvider,
  type ProviderCall,
} from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { newKey, ofRun, runAgent, story } from '../../support/run-story.js';
import { answer } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

describe('what a provider does', async () => {
  let provider: MockProvider;
  let client: ControlClient;
  beforeAll(async () => {
    const models = [
      { id: 'm-1', name: 'M 1' },
      { id: 'm-r', name: 'It reasons', reasoning: true },
    ];
    const defaults = { model: { primary: 'mock/m-1' }, thinkingDefault: 'low' };
    const provided = await startWithProvider({
      entry: { models, timeouts: { firstByteMs: 300, idleMs: 300 } },
      config: { agents: { defaults } },
    });
    ({ provider } = provided);
    client = await connectControl(provided.gateway.wsUrl);
  });
  beforeEach(() => provider.behave(answerStream(['Hi'])));

  it('nothing: final without message, status ok, no payloads', async () => {
    provider.behave(answerStream([]));
    const { runId, final } = await runAgent(client, 'Hi');
    expect(final).toMatchObject({ ok: true, payload: { status: 'ok', result: { payloads: [] } } });
    expect(eventsOf(client, runId)).toEqual(['agent start', 'agent end', 'chat final']);
    expect(await ended(client, runId)).not.toHaveProperty('message');
  });

  it.each([
    ['the agent’s', {}, {}, 'low'],
    ['the session’s', {}, { thinkingLevel: 'medium' }, 'medium'],
    ['what the call says', { thinking: 'high' }, { thinkingLevel: 'medium' }, 'high'],
    ['nothing', { thinking: 'off' }, {}, undefined],
    ['nothing where it cannot reason', { model: 'mock/m-1', thinking: 'high' }, {}, undefined],
    ['as before, for a word that is none', { thinking: 'much' }, {}, 'low'],
  ])('is told how much to think: %s', async (_what, params, session, effort) => {
    const key = newKey();
    await answer(client, 'sessions.create', { key, model: 'mock/m-r', ...session });
    const asked = { message: 'Hi', sessionKey: key, idempotencyKey: key, ...params };
    await answer(client, 'agent', asked);
    expect(await answer(client, 'agent.wait', { runId: key })).toMatchObject({ status: 'ok' });
    const body = provider.calls.at(-1)?.body as { reasoning_effort?: string } | undefined;
    expect(body?.reasoning_effort).toBe(effort);
  });

  it('401: lifecycle error, chat error, final UNAVAILABLE, and the same answer to a repeat', async () => {
    provider.behave(
      answerStatus(401, { error: { message: 'Incorrect API key provided: sk-provider-key-000000' } }),
    );
    const sessionKey = newKey();
    const { runId, final } = await runAgent(client, 'Hi', sessionKey);
    expect(story(client.frames, runId)).toEqual([
      'res accepted',
      'agent start',
      'agent error',
      'chat error',
      'res error',
    ]);
    expect(final).toMatchObject({ ok: false, payload: { status: 'error' }, error: { code: 'UNAVAILABLE' } });
    expect(JSON.stringify(client.frames)).not.toContain('sk-provider-key');
    const calls = provider.calls.length;
    const again = await client.call('agent', { message: 'Hi', sessionKey, idempotencyKey: runId });
    expect({ ...again, id: runId }).toEqual(final);
    expect(await answer(client, 'agent.wait', { runId })).toMatchObject({
      status: 'error',
      error: final.error?.message,
    });
    expect(provider.calls.length).toBe(calls);
  });

  it('NO_REPLY, in whatever pieces: nothing is shown, nothing is an answer', async () => {
    provider.behave(answerStream(['NO', '_RE', 'PLY']));
    const sessionKey = newKey();
    const { runId, final } = await runAgent(client, 'Hi', sessionKey);
    expect(eventsOf(client, runId)).toEqual(['agent start', 'agent end', 'chat final']);
    expect(await ended(client, runId)).not.toHaveProperty('message');
    expect(final).toMatchObject({ payload: { status: 'ok', result: { payloads: [] } } });
    const { messages } = await answer(client, 'chat.history', { sessionKey });
    expect(messages).toMatchObject([{ role: 'user' }]);
  });

  it('what only begins like NO_REPLY is shown whole', async () => {
    provider.behave(answerStream(['NO', '_RE', 'TURN']));
    const { runId } = await runAgent(client, 'Hi');
    const deltas = client.frames.filter(
      (frame) => ofRun(runId)(frame) && frame.event === 'chat' && frame.payload?.state === 'delta',
    );
    expect(deltas.map(({ payload }) => payload?.deltaText).join('')).toBe('NO_RETURN');
    expect(await ended(client, runId)).toMatchObject({ message: { content: [{ text: 'NO_RETURN' }] } });
  });

  it.each([
    ['before its answer', () => {}],
    [
      'within its answer',
      ({ response }: ProviderCall) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ content: 'partial' }));
      },
    ],
  ])('silence %s: an error of kind timeout', async (_when, behaviour) => {
    provider.behave(behaviour);
    const { runId } = await runAgent(client, 'Hi');
    expect(await ended(client, runId)).toMatchObject({ state: 'error', errorKind: 'timeout' });
  });

  it('more text after an abort: nobody hears of it, and the provider is let go', async () => {
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(chunk({ content: 'more ' })), 10);
      response.once('close', () => clearInterval(timer));
    });
    const key = newKey();
    const runId = await sendTurn(client, key, 'Hi');
    await client.frame('text', ({ event, payload }) => event === 'chat' && payload?.runId === runId);
    const { aborted } = provider;
    const before = aborted.length;
    await answer(client, 'chat.abort', { sessionKey: key });
    const last = eventsOf(client, runId).length;
    await waitFor('the provider to be let go', () => aborted.length > before);
    await answer(client, 'health', {});
    expect(eventsOf(client, runId).length).toBe(last);
    expect(endsOf(client, runId)).toEqual(['aborted']);
  });
});

describe('what happens to gateway and clients', () => {
  let gateway: TestGateway;
  let client: ControlClient;
  beforeAll(async () => {
    gateway = await startGateway();
    client = await connectControl(gateway.wsUrl);
  });
  afterAll(() => gateway.stop());

  it('a forced stop ends a run as aborted, reason restart, then says shutdown', async (test) => {
    const other = await startFor(test);
    const watcher = await connectControl(other.wsUrl);
    const key = newKey();
    const running = await sendTurn(watcher, key, LONG);
    await started(watcher, running);
    const waiting = await sendTurn(watcher, key, 'never');
    other.child.kill('SIGTERM');
    await waitFor('the stop to begin', () => other.output().includes('received SIGTERM'));
    other.child.kill('SIGTERM');
    for (const runId of [running, waiting]) {
      expect(await ended(watcher, runId)).toMatchObject({ state: 'aborted', stopReason: 'restart' });
    }
    expect(eventsOf(watcher, waiting)).toEqual(['chat aborted']);
    await other.exited;
    expect(watcher.frames.at(-1)?.event).toBe('shutdown');
  });

  it('runs of different sessions interleave; the events of each stay in order, counted from 1', async () => {
    const messages = ['/trickle 8 60', '/trickle 6 80', '/trickle 10 50'];
    const runIds = (await Promise.all(messages.map((message) => runAgent(client, message)))).map(
      ({ runId }) => runId,
    );
    for (const runId of runIds) {
      const own = client.frames.filter((frame) => ofRun(runId)(frame) && frame.event === 'agent');
      expect(own.map(({ payload }) => payload?.seq)).toEqual(own.map((_, index) => index + 1));
      const events = eventsOf(client, runId);
      expect(events.filter((line) => /^agent (start|end|error)$/.test(line))).toEqual([
        'agent start',
        'agent end',
      ]);
      expect(events.indexOf('agent start')).toBe(0);
      expect(events.slice(-2)).toEqual(['agent end', 'chat final']);
      // Every delta follows the agent event that it comes from.
      events.forEach((line, at) => {
        if (line === 'chat delta') expect(events[at - 1]).toMatch(/^agent (?!start|end)/);
      });
    }
    const order = client.frames
      .filter(({ event, payload }) => event === 'agent' && runIds.includes(String(payload?.runId)))
      .map(({ payload }) => runIds.indexOf(String(payload?.runId)));
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  });

  it('after chat final the history has the answer', async () => {
    const reader = await connectControl(gateway.wsUrl);
    const key = newKey();
    for (let n = 0; n < 10; n += 1) {
      const runId = await sendTurn(client, key, `answer ${n}`);
      await ended(reader, runId);
      const { messages } = await answer(reader, 'chat.history', { sessionKey: key, limit: 1 });
      expect(messages).toMatchObject([{ role: 'assistant', content: [{ text: `answer ${n}` }] }]);
    }
    expect(await userTexts(reader, key)).toHaveLength(10);
  });
});
