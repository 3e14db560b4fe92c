/**
 * A process that stands in for a model provider: OpenAI's chat completions on 127.0.0.1, JSON and SSE. It answers from
 * ready-made bytes on bare sockets, so that it is never the slowest part; `{"port":…}` on stdout says where it listens.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { chatPath } from './chat-request.js';
import { announce, endWithParent } from './child-lifetime.js';
import {
  jsonAnswer,
  notFoundAnswer,
  pacedStreams,
  plainStream,
  slowChunkMs,
  streamHead,
  streamWithUsage,
} from './mock-answers.js';
import { createRequestReader, type RawRequest } from './request-reader.js';

const requestLine = `POST ${chatPath} `;

function answer(socket: Socket, request: RawRequest): void {
  if (!request.head.startsWith(requestLine)) {
    socket.write(notFoundAnswer);
  } else if (/"stream"\s*:\s*true/.test(request.body)) {
    const withUsage = /"include_usage"\s*:\s*true/.test(request.body);
    socket.write(streamHead);
    const [, paced] =
      Object.entries(pacedStreams).find(([model]) => request.body.includes(`"${model}"`)) ?? [];
    if (paced) slowly(socket, paced);
    else stream(socket, withUsage ? streamWithUsage : plainStream, 0);
  } else {
    socket.write(jsonAnswer);
  }
}

/** One write per turn of the event loop, as tokens come one by one from a model. */
function stream(socket: Socket, steps: readonly Buffer[], index: number): void {
  const step = steps[index];
  if (step === undefined || socket.destroyed) return;
  socket.write(step);
  setImmediate(stream, socket, steps, index + 1);
}

function slowly(socket: Socket, steps: readonly Buffer[]): void {
  let index = 0;
  const timer = setInterval(() => {
    const step = steps[index];
    index += 1;
    if (step === undefined || socket.destroyed) clearInterval(timer);
    else socket.write(step);
  }, slowChunkMs);
}

const server = createServer({ noDelay: true }, (socket) => {
  const read = createRequestReader((request) => answer(socket, request));
  socket.on('data', (bytes: Buffer) => {
    try {
      read(bytes);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  // A client that hangs up in the middle of a stream is part of the game.
  socket.on('error', () => socket.destroy());
});

endWithParent();
server.listen(0, '127.0.0.1', 1_024, () => {
  void announce({ port: (server.address() as AddressInfo).port });
});
