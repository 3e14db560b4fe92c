/** How long runs and waits for them may take (runs-and-events.md §10, methods.md §3 «agent.wait»). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, eventsOf, LONG, sendTurn, started } from '../../support/chat-turns.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import { newKey, phaseOf, runAgent } from '../../support/run-story.js';
import { answer } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

const request = (id: string, method: string, params: object): void =>
  client.send({ type: 'req', id, method, params });

describe('a run', () => {
  it('of chat.send ends at its timeoutMs; what was said until then is kept', async () => {
    const key = newKey();
    const runId = await sendTurn(client, key, LONG, { timeoutMs: 2_000 });
    expect(await ended(client, runId)).toMatchObject({ state: 'aborted', stopReason: 'timeout' });
    expect(eventsOf(client, runId).slice(-2)).toEqual(['agent end', 'chat aborted']);
    const { messages } = await answer(client, 'chat.history', { sessionKey: key });
    expect(messages).toMatchObject([{ role: 'user' }, { role: 'assistant', stopReason: 'aborted' }]);
    const { session } = await answer(client, 'sessions.describe', { key });
    expect(session).toMatchObject({ abortedLastRun: true, status: 'timeout' });
  });

  it('ends at agents.defaults.timeoutSeconds, unless it says 0', async (test) => {
    const config = { agents: { defaults: { timeoutSeconds: 1 } } };
    const by = await connectControl((await startFor(test, { config })).wsUrl);
    const [limited, free] = [await sendTurn(by, newKey(), LONG), randomUUID()];
    const params = { message: '/wait 1500', sessionKey: newKey(), idempotencyKey: free, timeout: 0 };
    await answer(by, 'agent', params);
    expect(await ended(by, limited)).toMatchObject({ state: 'aborted', stopReason: 'timeout' });
    expect(await ended(by, free)).toMatchObject({ state: 'final' });
  });

  it('counts its time from its start, not while it waits', async () => {
    const key = newKey();
    const active = await sendTurn(client, key, '/wait 800');
    const runId = await sendTurn(client, key, '/wait 10', { timeoutMs: 700 });
    await ended(client, active);
    expect(await ended(client, runId)).toMatchObject({ state: 'final' });
  });

  it('that waits long in a lane is named in the log', async () => {
    const key = newKey();
    await sendTurn(client, key, '/wait 2300');
    const runId = await sendTurn(client, key, 'at last');
    await ended(client, runId);
    const lines = await waitFor('the log line', () => {
      const found = gateway.logLines().filter(({ message }) => message === 'lane wait exceeded');
      return found.length > 0 && found;
    });
    expect(lines).toMatchObject([{ lane: `session:agent:main:${key}`, waitedMs: expect.any(Number) }]);
  });

  it('with a lane of its own runs beside others, one at a time', async () => {
    const runs = ['a', 'b'].map((message) => ({
      message: `/wait 300 ${message}`,
      idempotencyKey: randomUUID(),
    }));
    for (const run of runs)
      request(run.idempotencyKey, 'agent', { ...run, sessionKey: newKey(), lane: 'custom' });
    const [first = '', second = ''] = runs.map(({ idempotencyKey }) => idempotencyKey);
    await started(client, first);
    expect((await runAgent(client, 'elsewhere')).final.payload?.status).toBe('ok');
    await ended(client, second);
    const lives = client.frames
      .filter(({ payload }) => [first, second].includes(String(payload?.runId)))
      .map((frame) => [frame.payload?.runId, phaseOf(frame)])
      .filter(([, phase]) => phase !== undefined);
    expect(lives).toEqual([
      [first, 'start'],
      [first, 'end'],
      [second, 'start'],
      [second, 'end'],
    ]);
  });
});

describe('agent.wait', () => {
  it('whose time is over stops nothing', async () => {
    const key = newKey();
    const runId = await sendTurn(client, key, LONG);
    await started(client, runId);
    expect(await answer(client, 'agent.wait', { runId, timeoutMs: 1 })).toEqual({ runId, status: 'timeout' });
    expect(await answer(client, 'chat.abort', { sessionKey: key })).toMatchObject({ aborted: true });
  });

  it('answers pending for a chat.send turn that waits in a queue', async () => {
    const key = newKey();
    const active = await sendTurn(client, key, LONG);
    const runId = await sendTurn(client, key, 'next');
    const pending = { runId, status: 'pending', timeoutPhase: 'queue', providerStarted: false };
    expect(await answer(client, 'agent.wait', { runId })).toEqual(pending);
    await answer(client, 'chat.abort', { sessionKey: key, runId: active });
    await ended(client, runId);
  });

  it('waits for a chat.send turn that is about to start', async () => {
    for (let n = 0; n < 10; n += 1) {
      const runId = await sendTurn(client, newKey(), 'Hi');
      expect(await answer(client, 'agent.wait', { runId })).toMatchObject({ status: 'ok' });
    }
  });

  it('waits for an agent run also while that waits in a queue', async () => {
    const key = newKey();
    await sendTurn(client, key, '/wait 200');
    const runId = randomUUID();
    await answer(client, 'agent', { sessionKey: key, message: 'next', idempotencyKey: runId });
    expect(await answer(client, 'agent.wait', { runId })).toMatchObject({ status: 'ok' });
  });

  it('waits for a run that is not there yet', async () => {
    const runId = randomUUID();
    request(`wait ${runId}`, 'agent.wait', { runId });
    await answer(client, 'health', {});
    request(runId, 'agent', { message: 'Hi', sessionKey: newKey(), idempotencyKey: runId });
    const { payload } = await client.frame('end of the wait', ({ id }) => id === `wait ${runId}`);
    expect(payload).toMatchObject({ runId, status: 'ok' });
  });

  it('answers for an ended run at once, also with no time to wait', async () => {
    const { runId } = await runAgent(client, 'Hi');
    expect(await answer(client, 'agent.wait', { runId, timeoutMs: 0 })).toMatchObject({ status: 'ok' });
  });

  it('is refused above so many of one connection, which leaves others alone', async () => {
    const by = await connectControl(gateway.wsUrl);
    for (let n = 0; n <= 256; n += 1)
      by.send({ type: 'req', id: `wait ${n}`, method: 'agent.wait', params: { runId: `never ${n}` } });
    const { error } = await by.frame('a refusal', ({ type, ok }) => type === 'res' && ok === false);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    const runId = await sendTurn(client, newKey(), '/wait 100');
    expect(await answer(client, 'agent.wait', { runId })).toMatchObject({ status: 'ok' });
    await by.close();
  });
});
