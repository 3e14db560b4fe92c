/**
 * Upgrades that are not WebSockets (`h2c` from Java's HttpClient or `curl --http2`): an `'upgrade'` listener
 * swallows them all, so such a request is put back as if the client had not offered one.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** The request head as it came, without `omit`ted headers (lower case). */
export function rebuildHead(request: IncomingMessage, omit: readonly string[]): string {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] as string;
    if (!omit.includes(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Serves the request again on the same socket as a plain one. */
export function refuseUpgrade(server: Server, request: IncomingMessage, socket: Duplex, rest: Buffer): void {
  const head = rebuildHead(request, ['upgrade', 'http2-settings', 'connection']);
  const closes = /(?:^|,)\s*close\s*(?:,|$)/i.test(request.headers.connection ?? '');
  const whole = closes ? head.replace(/\r\n$/, 'Connection: close\r\n\r\n') : head;
  socket.unshift(Buffer.concat([Buffer.from(whole, 'latin1'), rest]));
  server.emit('connection', socket);
}
