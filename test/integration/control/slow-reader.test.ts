/** A client that has stopped reading, and what that is to the others (protocol.md §15). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import { newKey, runAgent } from '../../support/run-story.js';
import { waitFor } from '../../support/wait-for.js';
import { controlLimits } from '../../../src/shared/limits.js';

let gateway: TestGateway;
let reader: ControlClient;
let other: ControlClient;
let sessionKey: string;

const inject = (message: string) => other.call('chat.inject', { sessionKey, message });
const buffered = async (): Promise<number> => (await scrape(gateway.url)).total('pllan_ws_buffered_bytes');
const dropped = async (): Promise<number> =>
  (await scrape(gateway.url)).total('pllan_ws_dropped_events_total');

beforeEach(async () => {
  gateway = await startGateway();
  reader = await connectControl(gateway.wsUrl);
  other = await connectControl(gateway.wsUrl);
  sessionKey = newKey();
  await runAgent(other, 'Hi', sessionKey);
  reader.socket.pause();
  const large = 'x'.repeat(1_000_000);
  while ((await buffered()) <= controlLimits.maxBufferedBytes) await inject(large);
});
afterEach(() => gateway.stop());

describe('a reader that is too far behind', () => {
  it('misses what can be missed, sees the gap, and goes on', async () => {
    const visitor = await connectControl(gateway.wsUrl, {
      params: { client: { id: 'gateway-client', version: '1', platform: 'linux', mode: 'ui' } },
    });
    const missed = await waitFor('presence to be skipped', async () => (await dropped()) || false);
    expect(visitor.hello.ok).toBe(true);
    await other.frame('presence', ({ event }) => event === 'presence');
    reader.socket.resume();
    await waitFor('room', async () => (await buffered()) === 0, 20_000);
    await inject('the end');
    const isEnd = (frame: { payload?: unknown }): boolean =>
      JSON.stringify(frame.payload).includes('the end');
    await reader.frame('the end', isEnd);
    const seqs = reader.frames.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
    expect(seqs.at(-1)).toBe(seqs.length + (await dropped()));
    expect(missed).toBeGreaterThan(0);
    expect(seqs.slice(0, -1)).toEqual(seqs.slice(0, -1).map((_, index) => index + 1));
    expect(reader.frames.some(({ event }) => event === 'presence')).toBe(false);
  });

  it('is closed when it would miss something that it must get; the others go on', async () => {
    await inject('one more');
    const said = await waitFor('its end in the log', () =>
      gateway.logLines().find(({ event }) => event === 'ws.slow'),
    );
    expect(said.message).toMatch(/^slow consumer: /);
    reader.socket.resume();
    expect(await reader.closed).toEqual({ code: 1008, reason: 'slow consumer' });
    expect((await runAgent(other, 'Hello', sessionKey)).final.payload?.status).toBe('ok');
    const seqs = other.frames.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(await buffered()).toBeLessThan(controlLimits.maxBufferedBytes);
  });
});
