/** A run whose events a client does not read (runs-and-events.md §17, protocol.md §15). */
import { beforeEach, describe, expect, it } from 'vitest';
import { controlLimits } from '../../../src/shared/limits.js';
import { ended, endsOf, eventsOf, sendTurn } from '../../support/chat-turns.js';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import type { TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import { answerStream, chunk } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { newKey, runAgent } from '../../support/run-story.js';
import { waitFor } from '../../support/wait-for.js';

/** As an event of the run it is twice in the frame. */
const TEXT = 'x'.repeat(900_000);

const { gateway, provider } = await startWithProvider();
let reader: ControlClient;
let other: ControlClient;
let runId: string;
let skippedBefore: number;
/** Lets the provider end its answer. */
let finish: () => void;

const buffered = (on: TestGateway): Promise<number> =>
  scrape(on.url).then((metrics) => metrics.total('pllan_ws_buffered_bytes'));
const skipped = (): Promise<number> =>
  scrape(gateway.url).then((metrics) => metrics.total('pllan_ws_dropped_events_total'));
const seqsOf = ({ frames }: ControlClient): number[] =>
  frames.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
const isOfRun = ({ payload }: Frame): boolean => payload?.runId === runId;
const inShort = (events: readonly string[]): string[] => events.map((event) => event.slice(0, 20));

/** The reader stops; its next event but one is too much, since the one before fills what may wait. */
beforeEach(async () => {
  provider.behave(answerStream(['Hi']));
  [reader, other] = await Promise.all([connectControl(gateway.wsUrl), connectControl(gateway.wsUrl)]);
  const sessionKey = newKey();
  await runAgent(other, 'Hi', sessionKey);
  reader.socket.pause();
  const fill = async (upTo: number, bytes: number): Promise<void> => {
    const message = 'x'.repeat(bytes);
    while ((await buffered(gateway)) < upTo) await other.call('chat.inject', { sessionKey, message });
  };
  await fill(controlLimits.maxBufferedBytes - 4_000_000, 1_000_000);
  await fill(controlLimits.maxBufferedBytes - 1_000_000, 50_000);
  skippedBefore = await skipped();
  const done = new Promise<void>((resolve) => (finish = resolve));
  provider.behave(({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: TEXT }));
    void done.then(() => response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`));
  });
  runId = await sendTurn(other, newKey(), 'Hi');
  await other.frame('delta', (frame) => isOfRun(frame) && frame.event === 'chat');
  await waitFor('the delta to be skipped', async () => (await skipped()) > skippedBefore);
});

describe('slow reader', () => {
  it('seq gap, connection kept for droppable events: a delta is skipped, the end comes', async () => {
    reader.socket.resume();
    await waitFor('room', async () => (await buffered(gateway)) === 0, 20_000);
    finish();
    expect(await ended(reader, runId)).toMatchObject({
      state: 'final',
      message: { content: [{ type: 'text', text: TEXT }] },
    });
    const said = `agent ${TEXT.slice(0, 14)}`;
    expect(inShort(eventsOf(reader, runId))).toEqual(['agent start', said, 'agent end', 'chat final']);
    await ended(other, runId);
    expect(inShort(eventsOf(other, runId))).toEqual([
      'agent start',
      said,
      'chat delta',
      'agent end',
      'chat final',
    ]);
    const seqs = seqsOf(reader);
    expect(seqs.at(-1)).toBe(seqs.length + (await skipped()) - skippedBefore);
    expect(seqsOf(other)).toEqual(seqsOf(other).map((_, index) => index + 1));
    await Promise.all([reader.close(), other.close()]);
  });

  it('closed when an event comes that must not be skipped; the others see everything', async () => {
    finish();
    expect(await ended(other, runId)).toMatchObject({ state: 'final' });
    expect(seqsOf(other)).toEqual(seqsOf(other).map((_, index) => index + 1));
    await waitFor('the log line', () => gateway.logLines().some(({ event }) => event === 'ws.slow'));
    reader.socket.resume();
    // The close frame is behind all that waits: with a reader this slow the second for it may be over before.
    expect([1006, 1008]).toContain((await reader.closed).code);
    expect(endsOf(reader, runId)).toEqual([]);
    expect(await other.call('health')).toMatchObject({ ok: true });
    await other.close();
  });
});
