/** A client that takes nothing of its answer is cut off; one that takes it slowly is not. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { greeting, postChat } from '../../support/chat.js';
import { connectControl } from '../../support/control-client.js';
import { scrape } from '../../support/metrics.js';
import { answerJson, chunk, type ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { openRaw, rawChat } from '../../support/raw-connection.js';
import { activeRuns, onSession } from '../../support/session-chat.js';
import { newKey } from '../../support/session-calls.js';
import { tcpEnd } from '../../support/tcp-table.js';
import { waitFor, within } from '../../support/wait-for.js';

const MIB = 1024 * 1024;
/** More than the sockets between two processes hold. */
const LARGE = 24 * MIB;
const STALLED_MS = 2_000;
const CUT_MS = 10 * STALLED_MS;

const { provider, gateway } = await startWithProvider({
  env: { PLLAN_TEST_STALLED_CLIENT_MS: String(STALLED_MS) },
});

/** Asks, and reads nothing. */
async function ask(stream: boolean, headers = {}): Promise<Socket> {
  const socket = (await openRaw(gateway.port)).release();
  socket.on('error', () => socket.destroy()).pause();
  socket.write(rawChat('Tell me a lot', { stream, headers }));
  return socket;
}

async function speakWithoutEnd(call: ProviderCall): Promise<void> {
  await speak(call, Number.POSITIVE_INFINITY);
}

/** So many pieces of 64 KiB, as fast as they are taken. */
async function speak({ response }: ProviderCall, pieces: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let n = 0; n < pieces && !response.destroyed; n += 1) {
    const heard = new AbortController();
    if (!response.write(chunk({ content: '.'.repeat(64 * 1024) })))
      await Promise.race(['drain', 'close'].map((event) => once(response, event, heard))).finally(() =>
        heard.abort(),
      );
  }
  response.end('data: [DONE]\n\n');
}

/** Node gives the socket of such a request away, also while an earlier one is being answered. */
const tunnel = 'CONNECT /v1/models HTTP/1.1\r\nHost: x\r\n\r\n';

it('a stream that nobody takes ends, and its call with it', async () => {
  provider.behave((call) => void speakWithoutEnd(call));
  const socket = await ask(true);
  await waitFor('the end of the call', () => provider.aborted.length === 1, CUT_MS);
  await waitFor('the aborted call in the metrics', async () => {
    const { total } = await scrape(gateway.url);
    return total('pllan_model_call_total', { outcome: 'aborted' }) === 1;
  });
  // What was on its way is all that there is to read.
  socket.resume();
  await within('the end of the connection', once(socket, 'close'));
  provider.behave(answerJson('Hi'));
  expect((await postChat(gateway, greeting)).status).toBe(200);
});

it('a stream that nobody takes ends also with a demand for a tunnel behind it', async () => {
  provider.behave((call) => void speakWithoutEnd(call));
  const calls = provider.aborted.length;
  const socket = await ask(true);
  socket.write(tunnel);
  await waitFor('the end of the call', () => provider.aborted.length === calls + 1, CUT_MS);
  socket.destroy();
});

it('a stream that is taken slowly arrives whole, and the answer to a demand for a tunnel behind it', async () => {
  provider.behave((call) => void speak(call, LARGE / (64 * 1024)));
  const socket = await ask(true);
  socket.write(tunnel);
  let tail = '';
  await waitFor(
    'both answers',
    () => {
      tail = (tail + ((socket.read() as Buffer | null)?.toString('latin1') ?? '')).slice(-1_000);
      return tail.endsWith('Method Not Allowed') || socket.closed;
    },
    50_000,
  );
  expect(tail).toMatch(/\[DONE\]\s+0\s+HTTP\/1\.1 405 Method Not Allowed\r\n/);
  socket.destroy();
});

it('a stream on a session that nobody takes ends its run', async () => {
  provider.behave((call) => void speakWithoutEnd(call));
  const calls = provider.aborted.length;
  const key = newKey();
  const client = await connectControl(gateway.wsUrl);
  const socket = await ask(true, onSession(key));
  await waitFor('the end of the call', () => provider.aborted.length === calls + 1, CUT_MS);
  await waitFor('the end of the run', async () => (await activeRuns(client, key)).length === 0);
  socket.destroy();
});

it('a whole answer that nobody takes is dropped with its connection', async () => {
  provider.behave(answerJson('x'.repeat(LARGE)));
  const socket = await ask(false);
  const { port } = socket.address() as { port: number };
  await waitFor('the answer to be on its way', () => socket.readableLength > 0 || socket.bytesRead > 0);
  await waitFor('the end of the connection', () => tcpEnd(gateway.port, port)?.established !== true, CUT_MS);
  socket.destroy();
});

it('a whole answer that is taken slowly arrives', async () => {
  provider.behave(answerJson('x'.repeat(LARGE)));
  const socket = await ask(false);
  let length = 0;
  let tail = '';
  await waitFor(
    'the whole answer',
    () => {
      // One piece each time that this is asked: several times as long as a client may take nothing.
      const piece = (socket.read() as Buffer | null)?.toString('latin1') ?? '';
      length += piece.length;
      tail = (tail + piece).slice(-2);
      return tail === '}}' || (socket.closed && length < LARGE);
    },
    50_000,
  );
  expect(length).toBeGreaterThan(LARGE);
  socket.destroy();
});
