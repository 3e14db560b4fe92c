/** An HTTP answer written to a bare socket, for connections that never reach an HTTP server. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { portLimits } from '../limits.js';
import { securityHeaders } from './headers.js';

export interface RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: readonly string[];
}

/** Answers, and ends the connection so that its client reads the answer. */
export function answerAndLinger(socket: Duplex, answer: RawAnswer): void {
  const extra = [...securityHeaders(null), ...(answer.headers ?? [])];
  const lines = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`];
  lines.push(
    'Connection: close',
    `Content-Type: ${answer.type}`,
    `Content-Length: ${Buffer.byteLength(answer.body)}`,
  );
  for (let i = 0; i < extra.length; i += 2) lines.push(`${extra[i]}: ${extra[i + 1]}`);
  socket.on('error', () => socket.destroy());
  socket.write(`${lines.join('\r\n')}\r\n\r\n${answer.body}`);
  socket.removeAllListeners('readable');
  endAndLinger(socket);
}

/**
 * Half-closes after what was written, and drops for a while what the client still sends, whoever listened to it before:
 * closing at once would reset the connection before the client has read the answer (RFC 9112 §9.6).
 */
export function endAndLinger(socket: Duplex, lingerMs: number = portLimits.lingerMs): void {
  socket.end();
  let left: number = portLimits.lingerBytes;
  socket.removeAllListeners('data').on('data', (bytes: Buffer) => {
    left -= bytes.length;
    if (left < 0) socket.destroy();
  });
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}
