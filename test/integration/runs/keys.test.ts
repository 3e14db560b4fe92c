/** One key, one run: repeats at once, later, elsewhere, after a restart (runs-and-events.md §12, protocol.md §19). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, endsOf, LONG, sendTurn, userTexts } from '../../support/chat-turns.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { newKey, runAgent } from '../../support/run-story.js';
import { answer, refusal } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

describe('a key that is used again', () => {
  it('while chat.send runs answers in_flight, afterwards ok; from many clients at once it is one run', async () => {
    const key = newKey();
    const params = { sessionKey: key, message: '/wait 300', idempotencyKey: randomUUID() };
    const others = await Promise.all([1, 2, 3].map(() => connectControl(gateway.wsUrl)));
    const answers = await Promise.all([client, ...others].map((one) => answer(one, 'chat.send', params)));
    const statuses = answers.map(({ status }) => String(status)).toSorted();
    expect(statuses).toEqual(['in_flight', 'in_flight', 'in_flight', 'started']);
    await ended(client, params.idempotencyKey);
    const repeats = await Promise.all(others.map((one) => answer(one, 'chat.send', params)));
    expect(new Set(repeats.map(({ status }) => status))).toEqual(new Set(['ok']));
    expect(await userTexts(client, key)).toEqual(['/wait 300']);
    expect(endsOf(client, params.idempotencyKey)).toEqual(['final']);
  });

  it('for another session answers what the first got', async () => {
    const [key, other] = [newKey(), newKey()];
    const { runId, final } = await runAgent(client, 'first', key);
    const again = await client.call('agent', { message: 'second', sessionKey: other, idempotencyKey: runId });
    expect(again.payload).toEqual(final.payload);
    expect(await userTexts(client, other)).toEqual([]);
  });

  it('while agent runs answers accepted, and then the same end', async () => {
    const params = { message: '/wait 300', sessionKey: newKey(), idempotencyKey: randomUUID() };
    const first = await client.call('agent', params);
    const later = await connectControl(gateway.wsUrl);
    const second = await later.call('agent', params);
    expect(second.payload).toEqual(first.payload);
    const [one, two] = await Promise.all([
      client.frame('end', ({ id, payload }) => id === first.id && payload?.status === 'ok'),
      later.frame('end', ({ id, payload }) => id === second.id && payload?.status === 'ok'),
    ]);
    expect(two.payload).toEqual(one.payload);
  });

  it('by another method is refused, while the run goes on and afterwards', async () => {
    const key = newKey();
    const runId = await sendTurn(client, key, LONG);
    const taken = 'INVALID_REQUEST idempotencyKey already used by chat.send';
    const params = { message: 'x', sessionKey: key, idempotencyKey: runId };
    expect(await refusal(client, 'agent', params)).toBe(taken);
    expect(await refusal(client, 'sessions.send', { key, message: 'x', idempotencyKey: runId })).toBe(taken);
    await answer(client, 'chat.abort', { sessionKey: key });
    expect(await refusal(client, 'agent', params)).toBe(taken);
  });

  it('after what was refused starts a run: a refusal takes no key', async () => {
    const params = { sessionKey: newKey(), message: 'a\0b', idempotencyKey: randomUUID() };
    await refusal(client, 'chat.send', params);
    const right = { ...params, message: 'ab' };
    expect(await answer(client, 'chat.send', right)).toMatchObject({ status: 'started' });
  });

  it('after a restart answers what was recorded: an answer, an abort, a merge', async (test) => {
    const stateDir = temporaryDir();
    const config = { messages: { queue: { mode: 'collect', debounceMs: 0 } } };
    const first = await startFor(test, { stateDir, config });
    const before = await connectControl(first.wsUrl);
    const key = newKey();
    const { runId: answered, final } = await runAgent(before, 'Hi', key);
    const aborted = await sendTurn(before, key, LONG);
    const [head, merged] = [await sendTurn(before, key, 'a'), await sendTurn(before, key, 'b')];
    await answer(before, 'chat.abort', { sessionKey: key, runId: aborted });
    await ended(before, head);
    await first.stop();

    const after = await connectControl((await startFor(test, { stateDir, config })).wsUrl);
    const repeat = (idempotencyKey: string): Promise<object> =>
      answer(after, 'chat.send', { sessionKey: key, message: 'again', idempotencyKey });
    const agent = { sessionKey: key, message: 'again', idempotencyKey: answered };
    expect(await answer(after, 'agent', agent)).toEqual(final.payload);
    expect(await repeat(aborted)).toEqual({ runId: aborted, status: 'timeout' });
    for (const runId of [head, merged]) expect(await repeat(runId)).toEqual({ runId, status: 'ok' });
    expect(await userTexts(after, key)).toEqual(['Hi', LONG, 'a', 'b']);
  });
});

describe('the text of a message', () => {
  const said = async (message: string): Promise<string[]> => {
    const key = newKey();
    await ended(client, await sendTurn(client, key, message));
    return userTexts(client, key);
  };

  it('is composed, and keeps nothing that controls a terminal but tabs and line ends', async () => {
    expect(await said('e\u0301\t1\r\n2\u0007\u001B[31m\u007F\u0085\u009B3')).toEqual(['é\t1\r\n2[31m3']);
    // Only where the bell is gone do the two belong together.
    expect(await said('e\u0007\u0301')).toEqual(['é']);
    expect(await said('👩‍👩‍👧 שלום \u00AD')).toEqual(['👩‍👩‍👧 שלום \u00AD']);
  });

  it.each([
    ['a\0b', 'message must not contain null bytes'],
    ['', 'message or attachment required'],
    [' \u0007\n', 'message or attachment required'],
  ])('%j is refused', async (message, why) => {
    const params = { sessionKey: newKey(), message, idempotencyKey: randomUUID() };
    expect(await refusal(client, 'chat.send', params)).toBe(`INVALID_REQUEST ${why}`);
  });

  it('is refused where its session is another than its sender thinks, or takes none', async () => {
    const key = newKey();
    const params = { sessionKey: key, message: 'Hi', idempotencyKey: randomUUID() };
    expect(await refusal(client, 'chat.send', { ...params, sessionId: 'other' })).toBe(
      'INVALID_REQUEST sessionId does not match sessionKey',
    );
    await answer(client, 'sessions.patch', { key, sendPolicy: 'deny' });
    expect(await refusal(client, 'chat.send', params)).toBe('INVALID_REQUEST send blocked by session policy');
  });
});
