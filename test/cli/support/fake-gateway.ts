/** The smallest server that a client takes for a gateway: real sockets, an ephemeral port, answers from a table. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { isRecord } from '../../../src/cli/record.js';

export interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface FakeGateway {
  readonly port: number;
  readonly url: string;
  /** Every request, `connect` first. */
  readonly requests: readonly Request[];
}

export interface FakeOptions {
  readonly host?: string;
  readonly token?: string;
  readonly scopes?: readonly string[];
  /** False: accepts the socket and says nothing. */
  readonly greets?: boolean;
  /** Promises a sign of life this often, and gives none. */
  readonly tickIntervalMs?: number;
  /** Payload of a method, or what to do instead of answering. */
  readonly answers?: Readonly<Record<string, object | ((socket: WebSocket, request: Request) => void)>>;
}

export async function startFakeGateway(options: FakeOptions = {}): Promise<FakeGateway> {
  const server = new WebSocketServer({ port: 0, host: options.host ?? '127.0.0.1' });
  const requests: Request[] = [];
  server.on('connection', (socket) => {
    if (options.greets !== false) {
      send(socket, { type: 'event', event: 'connect.challenge', payload: { nonce: 'n', ts: 1 } });
    }
    socket.on('message', (data) => {
      const request = JSON.parse((data as Buffer).toString()) as Request;
      requests.push(request);
      answer(socket, request, options);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `ws://127.0.0.1:${port}`, requests };
}

/** Listens, accepts, and is no gateway. `greeting`: what it writes at once. */
export async function startStranger(greeting = ''): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (greeting !== '') socket.end(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answer(socket: WebSocket, request: Request, options: FakeOptions): void {
  if (request.method === 'connect') {
    connect(socket, request, options);
    return;
  }
  const prepared = options.answers?.[request.method];
  if (typeof prepared === 'function') prepared(socket, request);
  else if (prepared) send(socket, { type: 'res', id: request.id, ok: true, payload: prepared });
  else refuse(socket, request, `unknown method: ${request.method}`);
}

function connect(
  socket: WebSocket,
  request: Request,
  { token, scopes = ['operator.admin'], tickIntervalMs }: FakeOptions,
): void {
  const { auth } = request.params;
  if (token !== undefined && (!isRecord(auth) || auth.token !== token)) {
    refuse(
      socket,
      request,
      'unauthorized: gateway token mismatch (a hint that is longer than a close reason may be)',
    );
    socket.close(1008, 'unauthorized: gateway token mismatch');
    return;
  }
  const payload = {
    type: 'hello-ok',
    protocol: 4,
    server: { version: '9.9.9', connId: 'conn-1' },
    auth: { role: 'operator', scopes },
    policy: { tickIntervalMs },
  };
  send(socket, { type: 'res', id: request.id, ok: true, payload });
}

export function refuse(socket: WebSocket, request: Request, message: string, details?: object): void {
  const error = { code: 'INVALID_REQUEST', message, ...(details ? { details } : {}) };
  send(socket, { type: 'res', id: request.id, ok: false, error });
}

export function send(socket: WebSocket, frame: object): void {
  socket.send(JSON.stringify(frame));
}
