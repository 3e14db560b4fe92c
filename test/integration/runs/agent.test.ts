/** `agent` against a running gateway: two answers, order, exactly once (runs-and-events.md §1–§4, §17). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { newKey, ofRun, phaseOf, runAgent, story } from '../../support/run-story.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

const request = (id: string, method: string, params: object): void =>
  client.send({ type: 'req', id, method, params });
describe('agent', () => {
  it('answers twice, and tells in order what happens between', async () => {
    const sessionKey = newKey();
    const { runId, final } = await runAgent(client, 'Hello world', sessionKey);
    expect(story(client.frames, runId)).toEqual([
      'res accepted',
      'agent start',
      'agent Hello world',
      'chat delta',
      'agent end',
      'chat final',
      'res ok',
    ]);
    const [accepted] = client.frames.filter(ofRun(runId));
    expect(accepted?.payload).toEqual({
      runId,
      sessionKey: `agent:main:${sessionKey}`,
      agentId: 'main',
      status: 'accepted',
      acceptedAt: expect.any(Number),
    });
    expect(final).toEqual({
      type: 'res',
      id: runId,
      ok: true,
      payload: {
        runId,
        status: 'ok',
        summary: 'completed',
        result: {
          payloads: [{ text: 'Hello world' }],
          meta: {
            durationMs: expect.any(Number),
            agentMeta: {
              sessionId: expect.any(String),
              provider: 'echo',
              model: 'echo',
              usage: { input: 2, output: 2, total: 4 },
            },
            stopReason: 'stop',
          },
        },
      },
    });
    const events = client.frames.filter(({ event }) => event === 'agent').filter(ofRun(runId));
    expect(events.map(({ payload }) => payload?.seq)).toEqual([1, 2, 3]);
    const chat = client.frames.filter(({ event }) => event === 'chat').filter(ofRun(runId));
    expect(chat.map(({ payload }) => payload)).toMatchObject([
      {
        state: 'delta',
        seq: 2,
        deltaText: 'Hello world',
        message: { role: 'assistant', content: [{ type: 'text', text: 'Hello world' }] },
      },
      {
        state: 'final',
        seq: 3,
        stopReason: 'stop',
        message: { content: [{ type: 'text', text: 'Hello world' }] },
      },
    ]);
  });

  it('sends text as it comes, each piece once', async () => {
    const { runId } = await runAgent(client, '/trickle 6 100');
    const chat = client.frames.filter(({ event, payload }) => event === 'chat' && payload?.runId === runId);
    const deltas = chat
      .filter(({ payload }) => payload?.state === 'delta')
      .map(({ payload }) => payload?.deltaText);
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.join('')).toBe('word0 word1 word2 word3 word4 word5 done /trickle 6 100');
  });

  it('the same key twice at once is one run, answered to both', async () => {
    const runId = randomUUID();
    const params = { message: '/wait 200', idempotencyKey: runId, sessionKey: newKey() };
    request('one', 'agent', params);
    request('two', 'agent', params);
    const finals = await Promise.all(
      ['one', 'two'].map((id) =>
        client.frame(id, (frame) => frame.id === id && frame.payload?.status === 'ok'),
      ),
    );
    expect(finals[0]?.payload).toEqual(finals[1]?.payload);
    expect(story(client.frames, runId).filter((line) => line === 'agent start')).toHaveLength(1);
    expect(
      client.frames.filter(({ id }) => id === 'one' || id === 'two').map(({ payload }) => payload?.status),
    ).toEqual(['accepted', 'accepted', 'ok', 'ok']);
    const again = await client.call('agent', params);
    expect(again.payload).toEqual(finals[0]?.payload);
    expect(
      await client.call('chat.send', { sessionKey: 'x', message: 'Hi', idempotencyKey: runId }),
    ).toMatchObject({
      error: { code: 'INVALID_REQUEST', message: 'idempotencyKey already used by agent' },
    });
  });

  it('runs of one session go one after another, each with what was said before', async () => {
    const sessionKey = newKey();
    const first = runAgent(client, '/wait 150', sessionKey);
    const second = runAgent(client, 'two', sessionKey);
    const ids = (await Promise.all([first, second])).map(({ runId }) => runId);
    const order = client.frames
      .filter(({ event, payload }) => event === 'agent' && ids.includes(payload?.runId as string))
      .filter((frame) => phaseOf(frame) !== undefined)
      .map((frame) => [ids.indexOf(frame.payload?.runId as string), phaseOf(frame)]);
    expect(order).toEqual([
      [0, 'start'],
      [0, 'end'],
      [1, 'start'],
      [1, 'end'],
    ]);
    const { payload } = await client.call('chat.history', { sessionKey });
    const rows = payload?.messages as {
      role: string;
      content: { text: string }[];
      __openclaw: { seq: number };
    }[];
    expect(rows.map(({ role, content, __openclaw }) => [role, content[0]?.text, __openclaw.seq])).toEqual([
      ['user', '/wait 150', 1],
      ['assistant', 'done /wait 150', 2],
      ['user', 'two', 3],
      ['assistant', 'two', 4],
    ]);
  });

  it('goes on when its connection closes; another client can wait for it', async () => {
    const runId = randomUUID();
    const other = await connectControl(gateway.wsUrl);
    await other.call('agent', { message: '/wait 300', idempotencyKey: runId, sessionKey: newKey() });
    await other.close();
    expect(await client.call('agent.wait', { runId, timeoutMs: 1 })).toMatchObject({
      payload: { runId, status: 'timeout' },
    });
    const { payload } = await client.call('agent.wait', { runId });
    expect(payload).toEqual({
      runId,
      status: 'ok',
      startedAt: expect.any(Number),
      endedAt: expect.any(Number),
    });
  });

  it('ends at its time', async () => {
    const runId = randomUUID();
    request(runId, 'agent', {
      message: '/wait 5000',
      idempotencyKey: runId,
      sessionKey: newKey(),
      timeout: 1,
    });
    const final = await client.frame(
      'final',
      ({ id, payload }) => id === runId && payload?.status === 'timeout',
    );
    expect(final).toMatchObject({
      ok: true,
      payload: { stopReason: 'timeout', timeoutPhase: 'provider', providerStarted: true },
    });
    expect(story(client.frames, runId)).toEqual([
      'res accepted',
      'agent start',
      'agent end',
      'chat aborted',
      'res timeout',
    ]);
  });

  it.each([
    [{ message: 'Hi' }, "invalid agent params: at root: must have required property 'idempotencyKey'"],
    [{ message: '', idempotencyKey: 'k' }, 'invalid agent params: at /message: must not be empty'],
    [
      { message: 'Hi', idempotencyKey: 'k', agentId: 'nobody' },
      'invalid agent params: unknown agent id "nobody"',
    ],
    [{ message: 'Hi', idempotencyKey: 'k', model: 'x/y' }, 'model not allowed: x/y'],
  ])('%j is refused', async (params, message) => {
    expect((await client.call('agent', params)).error).toEqual({ code: 'INVALID_REQUEST', message });
  });
});
