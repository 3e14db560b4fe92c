/** A model provider that is nothing but a socket: for answers that no HTTP server would give. */
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface RawProvider {
  readonly baseUrl: string;
  /** Connections taken so far. */
  readonly connections: number;
  /** What to do with a request: called with the first bytes that come on a connection, `nth` counted from 1. */
  behave(next: (socket: Socket, nth: number) => void): void;
  stop(): Promise<void>;
}

export async function startRawProvider(): Promise<RawProvider> {
  let behaviour: (socket: Socket, nth: number) => void = (socket) => void socket.destroy();
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    const nth = connections;
    open.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket));
    socket.once('data', () => behaviour(socket, nth));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get connections() {
      return connections;
    },
    behave(next) {
      connections = 0;
      behaviour = next;
    },
    stop() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

/** A whole answer in bytes; the connection is kept unless `headers` say otherwise. */
export function rawHttp(body: string, headers: Readonly<Record<string, string>> = {}): string {
  const fields = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** The body of an answer with this text. */
export function completion(text: string): string {
  return JSON.stringify({ choices: [{ index: 0, message: { content: text }, finish_reason: 'stop' }] });
}
