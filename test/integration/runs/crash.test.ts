/** Runs when workers or the gateway die, or it stops (runs-and-events.md §12, architecture «What happens when»). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG, sendTurn, started, userTexts } from '../../support/chat-turns.js';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { newKey, story } from '../../support/run-story.js';
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
describe('when something dies', () => {
  it('a turn that had said nothing goes to the next worker', async () => {
    const runId = randomUUID();
    request(runId, 'agent', { message: '/wait 1500', idempotencyKey: runId, sessionKey: newKey() });
    await client.frame('start', ({ event, payload }) => event === 'agent' && payload?.runId === runId);
    await waitFor('the worker to have it', () => gateway.workers().length > 0);
    for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    const final = await client.frame('final', ({ id, payload }) => id === runId && payload?.status === 'ok');
    expect(final.ok).toBe(true);
    expect(story(client.frames, runId).filter((line) => line === 'agent start')).toHaveLength(1);
  });

  it('a turn that had begun to speak ends with an error', async () => {
    const runId = randomUUID();
    request(runId, 'agent', { message: '/trickle 100 50', idempotencyKey: runId, sessionKey: newKey() });
    await client.frame('delta', ({ event, payload }) => event === 'chat' && payload?.runId === runId);
    for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    const final = await client.frame('final', ({ id, ok }) => id === runId && ok === false);
    expect(final).toMatchObject({
      payload: { runId, status: 'error', summary: 'interrupted: the worker process ended' },
      error: { code: 'UNAVAILABLE', message: 'interrupted: the worker process ended' },
    });
    expect(story(client.frames, runId).slice(-3)).toEqual(['agent error', 'chat error', 'res error']);
  });

  it('after a kill of the gateway each accepted run has an end, and no key runs again', async () => {
    const stateDir = temporaryDir();
    const first = await startGateway({ stateDir });
    const before = await connectControl(first.wsUrl);
    const [running, waiting] = [randomUUID(), randomUUID()];
    const sessionKey = newKey();
    for (const runId of [running, waiting]) {
      before.send({
        type: 'req',
        id: runId,
        method: 'agent',
        params: { message: '/wait 60000', idempotencyKey: runId, sessionKey },
      });
      await before.frame('accepted', ({ id }) => id === runId);
    }
    await before.frame('start', ({ event, payload }) => event === 'agent' && payload?.runId === running);
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await startGateway({ stateDir });
    const after = await connectControl(second.wsUrl);
    for (const runId of [running, waiting]) {
      const again = await after.call('agent', { message: '/wait 60000', idempotencyKey: runId, sessionKey });
      expect(again).toMatchObject({
        ok: false,
        payload: {
          runId,
          status: 'error',
          summary: 'interrupted: the gateway stopped before the run had ended',
        },
        error: { code: 'UNAVAILABLE' },
      });
    }
    const { payload } = await after.call('chat.history', { sessionKey });
    expect(payload?.messages).toMatchObject([{ role: 'user' }, { role: 'user' }]);
    await second.stop();
  });

  it('after a kill each collected message is there once, in order, merged or not', async (test) => {
    const stateDir = temporaryDir();
    const config = { messages: { queue: { mode: 'collect', debounceMs: 0 } } };
    const first = await startFor(test, { stateDir, config });
    const before = await connectControl(first.wsUrl);
    const [waiting, merged] = [newKey(), newKey()];
    const sent: string[] = [];
    for (const key of [waiting, merged]) {
      for (const message of [LONG, 'a', 'b', LONG]) sent.push(await sendTurn(before, key, message));
    }
    const [, , , , active = '', head = '', ...taken] = sent;
    await answer(before, 'chat.abort', { sessionKey: merged, runId: active });
    await started(before, head);
    first.child.kill('SIGKILL');
    await first.exited;

    const after = await connectControl((await startFor(test, { stateDir, config })).wsUrl);
    for (const key of [waiting, merged]) expect(await userTexts(after, key)).toEqual([LONG, 'a', 'b', LONG]);
    const repeat = (idempotencyKey: string): Promise<Frame> =>
      after.call('chat.send', { sessionKey: merged, message: 'again', idempotencyKey });
    for (const runId of taken) expect((await repeat(runId)).payload).toEqual({ runId, status: 'ok' });
    for (const runId of [...sent.slice(0, 4), head]) {
      const summary = 'interrupted: the gateway stopped before the run had ended';
      expect((await repeat(runId)).payload).toEqual({ runId, status: 'error', summary });
    }
    for (const key of [waiting, merged]) expect(await userTexts(after, key)).toHaveLength(4);
  });

  it('a stop lets a turn finish, and ends what takes too long', async () => {
    const other = await startGateway();
    const watcher = await connectControl(other.wsUrl);
    const runId = randomUUID();
    watcher.send({
      type: 'req',
      id: runId,
      method: 'agent',
      params: { message: '/wait 800', idempotencyKey: runId },
    });
    await watcher.frame('start', ({ event, payload }) => event === 'agent' && payload?.runId === runId);
    other.child.kill('SIGTERM');
    expect(await other.exited).toBe(0);
    expect(story(watcher.frames, runId).at(-1)).toBe('res ok');
    expect(watcher.frames.at(-1)?.event).toBe('shutdown');
  });
});
