/** `chat.send`, `.abort`, `.history` and `.inject` against a running gateway (methods.md §3, runs-and-events.md §11). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { newKey, ofRun, runAgent, story } from '../../support/run-story.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

const request = (id: string, method: string, params: object): void =>
  client.send({ type: 'req', id, method, params });
describe('chat', () => {
  it('send starts a turn, and answers in events', async () => {
    const [runId, sessionKey] = [randomUUID(), newKey()];
    const params = { sessionKey, message: 'e\u0301 \u0007x', idempotencyKey: runId };
    expect((await client.call('chat.send', params)).payload).toEqual({ runId, status: 'started' });
    const final = await client.frame(
      'final',
      ({ event, payload }) => event === 'chat' && payload?.runId === runId && payload.state === 'final',
    );
    expect(final.payload).toMatchObject({ message: { content: [{ type: 'text', text: 'é x' }] } });
    expect((await client.call('chat.send', params)).payload).toEqual({ runId, status: 'ok' });
  });

  it('abort ends a running turn, keeps what it had said, and is no-op the second time', async () => {
    const [runId, sessionKey] = [randomUUID(), newKey()];
    await client.call('chat.send', { sessionKey, message: '/trickle 100 50', idempotencyKey: runId });
    await client.frame('delta', ({ event, payload }) => event === 'chat' && payload?.runId === runId);
    const running = await client.call('chat.history', { sessionKey });
    expect(running.payload).toMatchObject({
      sessionInfo: { hasActiveRun: true, activeRunIds: [runId] },
      inFlightRun: { runId, text: expect.stringContaining('word0') },
    });
    expect((await client.call('chat.abort', { sessionKey, runId })).payload).toEqual({
      ok: true,
      aborted: true,
      runIds: [runId],
    });
    expect((await client.call('chat.abort', { sessionKey, runId })).payload).toEqual({
      ok: true,
      aborted: false,
      runIds: [],
    });
    expect(story(client.frames, runId).slice(-2)).toEqual(['agent end', 'chat aborted']);
    const { payload } = await client.call('chat.history', { sessionKey });
    expect(payload?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', stopReason: 'aborted', content: [{ text: expect.stringContaining('word0') }] },
    ]);
    expect((await client.call('agent.wait', { runId })).payload).toMatchObject({
      status: 'timeout',
      stopReason: 'rpc',
      endedAt: expect.any(Number),
    });
  });

  it('chat.abort between accepted and start ends a turn that waits before it starts', async () => {
    const sessionKey = newKey();
    const [first, second] = [randomUUID(), randomUUID()];
    await client.call('chat.send', { sessionKey, message: '/wait 400', idempotencyKey: first });
    request(second, 'agent', { sessionKey, message: 'never', idempotencyKey: second });
    await client.frame('accepted', ({ id }) => id === second);
    expect((await client.call('chat.abort', { sessionKey, runId: second })).payload).toMatchObject({
      aborted: true,
      runIds: [second],
    });
    const final = await client.frame(
      'final',
      ({ id, payload }) => id === second && payload?.status === 'timeout',
    );
    expect(final.payload).toMatchObject({ stopReason: 'rpc', timeoutPhase: 'queue', providerStarted: false });
    expect(story(client.frames, second)).toEqual(['res accepted', 'chat aborted', 'res timeout']);
    await client.call('agent.wait', { runId: first });
    const { payload } = await client.call('chat.history', { sessionKey });
    expect(JSON.stringify(payload?.messages)).not.toContain('never');
  });

  it('/stop ends the session’s turns', async () => {
    const [runId, sessionKey] = [randomUUID(), newKey()];
    await client.call('chat.send', { sessionKey, message: '/wait 5000', idempotencyKey: runId });
    const stopped = await client.call('chat.send', {
      sessionKey,
      message: ' Stop! ',
      idempotencyKey: randomUUID(),
    });
    expect(stopped.payload).toEqual({ ok: true, aborted: true, runIds: [runId] });
    expect((await client.call('agent.wait', { runId })).payload).toMatchObject({ stopReason: 'stop' });
  });

  it('inject adds a row without a turn', async () => {
    const sessionKey = newKey();
    expect((await client.call('chat.inject', { sessionKey, message: 'x' })).error?.message).toBe(
      'session not found',
    );
    await runAgent(client, 'Hi', sessionKey);
    const { payload } = await client.call('chat.inject', { sessionKey, message: 'Note', label: 'ops' });
    const event = await client.frame('event', ofRun(`inject-${String(payload?.messageId)}`));
    expect(event.payload).toMatchObject({
      seq: 0,
      state: 'final',
      message: { content: [{ text: '[ops]\nNote' }] },
    });
  });

  it('history pages backwards and says what is left', async () => {
    const sessionKey = newKey();
    for (const word of ['a', 'b', 'c']) await runAgent(client, word, sessionKey);
    const page = async (params: object): Promise<unknown> => {
      const { payload } = await client.call('chat.history', { sessionKey, ...params });
      const rows = payload?.messages as { content: { text: string }[] }[];
      return [
        rows.map(({ content }) => content[0]?.text).join(''),
        payload?.hasMore,
        payload?.nextOffset,
        payload?.totalMessages,
      ];
    };
    expect(await page({})).toEqual(['aabbcc', false, undefined, 6]);
    expect(await page({ limit: 2 })).toEqual(['cc', true, 2, 6]);
    expect(await page({ limit: 3, offset: 2 })).toEqual(['abb', true, 5, 6]);
    expect(await page({ limit: 3, offset: 5 })).toEqual(['a', false, undefined, 6]);
    const unknown = await client.call('chat.history', { sessionKey: newKey() });
    expect(unknown.payload).toMatchObject({ messages: [], hasMore: false, totalMessages: 0 });
    expect(unknown.payload).not.toHaveProperty('sessionId');
  });
});
