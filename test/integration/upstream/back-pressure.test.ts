/** A client that reads slowly slows its provider down; nothing piles up in between and nothing is lost. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { greeting, postChat } from '../../support/chat.js';
import { startFor } from '../../support/gateway.js';
import { answerJson, chunk } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { openRaw, rawChat } from '../../support/raw-connection.js';
import { waitFor, within } from '../../support/wait-for.js';

const KIB = 1024;
const PIECE = 64 * KIB;
const PIECES = 1_000;
/** What sockets of both ends and the queues between them may hold; less than half of all that is sent. */
const HELD_PIECES = 480;

const { provider, gateway } = await startWithProvider();

it('the provider is held while the client does not read, goes on when it does, and every piece arrives', async () => {
  let sent = 0;
  const speak = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    while (sent < PIECES) {
      sent += 1;
      if (!response.write(chunk({ content: `<${sent}>`.padEnd(PIECE, '.') }))) await once(response, 'drain');
    }
    response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
  };
  let spoken: Promise<void> | undefined;
  provider.behave((call) => {
    if (call.body.stream === true) spoken = speak(call.response);
    else answerJson('quick')(call);
  });

  const connection = await openRaw(gateway.port);
  const socket = connection.release();
  socket.pause().write(rawChat('Tell me a lot', { stream: true }));
  // Held: the count has not moved through fifty looks. A provider that is not held runs to its end.
  let last = { sent: 0, looks: 0 };
  await waitFor('the provider to be held', () => {
    last = last.sent === sent && sent > 0 ? { sent, looks: last.looks + 1 } : { sent, looks: 0 };
    return last.looks >= 50;
  });
  expect(sent).toBeLessThan(HELD_PIECES);

  // Others are served meanwhile.
  expect((await postChat(gateway, greeting)).status).toBe(200);

  let text = '';
  const arrived: number[] = [];
  socket.on('data', (part: Buffer) => {
    text += part.toString('latin1');
    const cut = text.lastIndexOf('<');
    for (const [, number] of text.slice(0, cut + 8).matchAll(/<(\d+)>/g)) arrived.push(Number(number));
    text = cut < 0 ? text.slice(-200) : text.slice(cut).replace(/^<\d+>/, '');
  });
  socket.resume();
  await within('the provider to finish', spoken ?? Promise.resolve(), 30_000);
  await waitFor('the end of the stream', () => text.includes('data: [DONE]\n\n'), 30_000);
  expect(arrived).toEqual(Array.from({ length: PIECES }, (_, index) => index + 1));
  socket.destroy();
});

it('the local model is held likewise', async (test) => {
  const local = await startFor(test);
  const words = Array.from({ length: 100_000 }, (_, index) => `word-${index}`).join(' ');
  const connection = await openRaw(local.port);
  const socket = connection.release();
  socket.pause().write(rawChat(words, { stream: true }));
  expect((await postChat(local, greeting)).status).toBe(200);
  const chunks: Buffer[] = [];
  let tail = '';
  socket.on('data', (part: Buffer) => {
    chunks.push(part);
    tail = (tail + part.toString('latin1')).slice(-100);
  });
  socket.resume();
  await waitFor('the end of the stream', () => tail.includes('data: [DONE]\n\n'), 30_000);
  const said = [
    ...Buffer.concat(chunks)
      .toString('latin1')
      .matchAll(/"content":"(word-\d+ ?)"/g),
  ];
  expect(said.map(([, word]) => word).join('')).toBe(words);
  socket.destroy();
});
