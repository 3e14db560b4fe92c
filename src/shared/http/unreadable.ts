/** Answers to what Node's parser refuses, or would close without a word: it knows nothing of our headers (http.md §1). */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { TEXT_TYPE } from './headers.js';
import type { RawAnswer } from './raw-answer.js';

const text = (status: number, body: string, headers: readonly string[] = []): RawAnswer => ({
  status,
  type: TEXT_TYPE,
  body,
  headers,
});

export const badRequest = text(400, 'Bad Request');
/** No path has it, and Node hands its socket out instead of an answer to write. */
const noTunnels = text(405, 'Method Not Allowed', ['Allow', 'GET, HEAD, POST']);

const byCode: Readonly<Record<string, RawAnswer>> = {
  HPE_HEADER_OVERFLOW: text(431, 'Request Header Fields Too Large'),
  ERR_HTTP_REQUEST_TIMEOUT: text(408, 'Request Timeout'),
};

/** @param refuse answers on the connection, as soon as what was asked on it before allows */
export function answerUnreadable(server: Server, refuse: (socket: Duplex, answer: RawAnswer) => void): void {
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Bytes that follow are as unreadable, and told again.
    if (refused.has(socket)) return;
    refused.add(socket);
    if (error.code === 'ECONNRESET') socket.destroy();
    // Where our side has ended already, what comes is only read until the client ends its own.
    else if (socket.writable) refuse(socket, byCode[error.code ?? ''] ?? badRequest);
  });
  server.on('connect', (_request, socket) => refuse(socket, noTunnels));
}
