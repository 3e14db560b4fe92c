/** Merged deltas keep the order that clients rely on, and leave nothing out (runs-and-events.md §3.2, §4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, connectMany, type ControlClient, type Frame } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { chunk, providerConfig, startMockProvider, type MockProvider } from '../../support/mock-provider.js';
import { askAgent, newKey, ofRun, phaseOf } from '../../support/run-story.js';
import { runLimits } from '../../../src/shared/session-limits.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const stateOf = ({ event, payload }: Frame): unknown => (event === 'chat' ? payload?.state : undefined);
const messageText = ({ payload }: Frame): string =>
  (payload?.message as { content: { text: string }[] } | undefined)?.content[0]?.text ?? '';

async function ended(client: ControlClient, runId: string): Promise<Frame[]> {
  const states = ['final', 'aborted', 'error'];
  await client.frame('the end', (frame) => ofRun(runId)(frame) && states.includes(String(stateOf(frame))));
  return client.frames.filter((frame) => frame.type === 'event' && ofRun(runId)(frame));
}

/** What holds for the events of every run; gives all that its deltas told. */
function checkOrder(events: readonly Frame[], lastPhase: string): string {
  expect(phaseOf(events[0] as Frame)).toBe('start');
  expect(phaseOf(events.at(-2) as Frame)).toBe(lastPhase);
  expect(events.filter((frame) => phaseOf(frame) !== undefined)).toHaveLength(2);
  const agent = events.filter(({ event }) => event === 'agent');
  expect(agent.map(({ payload }) => payload?.seq)).toEqual(agent.map((_, index) => index + 1));
  let told = '';
  const between = events.slice(1, -2);
  for (let index = 0; index < between.length; index += 2) {
    const [first, second] = [between[index]?.payload, between[index + 1]?.payload];
    const { delta, text } = (first?.data ?? {}) as { delta?: string; text?: string };
    expect(delta).toBeTypeOf('string');
    told += delta;
    expect([first?.stream, text]).toEqual(['assistant', told]);
    expect(second).toMatchObject({ state: 'delta', seq: first?.seq, deltaText: delta });
    expect(messageText(between[index + 1] as Frame)).toBe(told);
  }
  return told;
}

describe('deltas of runs', () => {
  it('keep their order while many runs speak at once, for every client alike', async () => {
    const v3 = await connectControl(gateway.wsUrl, { params: { minProtocol: 3, maxProtocol: 3 } });
    const withTools = await connectControl(gateway.wsUrl, { params: { caps: ['tool-events'] } });
    const watchers = [v3, withTools, ...(await connectMany(gateway.wsUrl, 6))];
    const owner = await connectControl(gateway.wsUrl);
    const runIds = Array.from({ length: 8 }, (_, index) => askAgent(owner, `/trickle 40 ${5 + index}`));
    for (const client of [...watchers, owner]) {
      for (const runId of runIds) {
        const events = await ended(client, runId);
        const told = checkOrder(events, 'end');
        expect(told).toMatch(/^word0 word1 .* word39 done \/trickle/);
        expect(messageText(events.at(-1) as Frame)).toBe(told);
      }
      const seqs = client.frames.filter(({ type, seq }) => type === 'event' && seq !== undefined);
      expect(seqs.map(({ seq }) => seq)).toEqual(seqs.map((_, index) => index + 1));
    }
    const seenBy = ({ frames }: ControlClient): string =>
      JSON.stringify(
        frames.filter(({ event }) => event === 'agent' || event === 'chat').map((f) => f.payload),
      );
    expect(new Set([...watchers, owner].map(seenBy)).size).toBe(1);
    for (const runId of runIds) {
      const own = owner.frames.filter((frame) => frame.id === runId || ofRun(runId)(frame));
      expect(own[0]?.payload?.status).toBe('accepted');
      await owner.frame('final', ({ id, payload }) => id === runId && payload?.status === 'ok');
      expect(owner.frames.filter(ofRun(runId)).at(-1)?.payload?.status).toBe('ok');
    }
  });

  it('come no closer than 75 ms, except for the last', async () => {
    const client = await connectControl(gateway.wsUrl);
    const events = await ended(client, askAgent(client, '/trickle 100 5'));
    const times = events.filter((frame) => stateOf(frame) === 'delta').map(({ payload }) => payload?.message);
    const at = times.map((message) => (message as { timestamp: number }).timestamp);
    const pauses = at.slice(1, -1).map((time, index) => time - (at[index] ?? 0));
    expect(pauses.length).toBeGreaterThan(2);
    // Three steps, of which each may seem a millisecond shorter to another clock.
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(runLimits.deltaMs - 3);
  });

  it('an abort is told after all that was said', async () => {
    const client = await connectControl(gateway.wsUrl);
    const sessionKey = newKey();
    const runId = askAgent(client, '/trickle 1000 3', sessionKey);
    await client.frame('a delta', (frame) => ofRun(runId)(frame) && stateOf(frame) === 'delta');
    await client.call('chat.abort', { sessionKey, runId });
    const events = await ended(client, runId);
    expect(messageText(events.at(-1) as Frame)).toBe(checkOrder(events, 'end'));
  });

  describe('from a provider', () => {
    let provider: MockProvider;
    let other: TestGateway;
    beforeAll(async () => {
      provider = await startMockProvider();
      other = await startGateway({ config: providerConfig(provider.baseUrl) });
    });
    afterAll(async () => {
      await other.stop();
      await provider.stop();
    });

    it('that breaks off: the error is told after all that it said', async () => {
      provider.behave(({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const word of ['one ', 'two ', 'three']) response.write(chunk({ content: word }));
        setTimeout(() => response.destroy(), 50);
      });
      const client = await connectControl(other.wsUrl);
      const events = await ended(client, askAgent(client, 'Hi'));
      expect(checkOrder(events, 'error')).toBe('one two three');
      expect(events.at(-1)?.payload).toMatchObject({ state: 'error' });
      expect(messageText(events.at(-1) as Frame)).toBe('one two three');
    });

    it('that cuts a character in two: no delta does', async () => {
      provider.behave(({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ content: 'a\ud83d' }));
        setTimeout(() => {
          response.write(chunk({ content: '\ude00b' }, 'stop'));
          response.end('data: [DONE]\n\n');
        }, 200);
      });
      const client = await connectControl(other.wsUrl);
      const events = await ended(client, askAgent(client, 'Hi'));
      expect(checkOrder(events, 'end')).toBe('a😀b');
      const deltas = events.filter((frame) => stateOf(frame) === 'delta');
      expect(deltas.map(({ payload }) => payload?.deltaText)).toEqual(['a', '😀b']);
    });
  });
});
