/** A WebSocket client that keeps every frame, for tests of the control plane. */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { TOKEN } from './gateway.js';
import { waitFor, within } from './wait-for.js';

export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly event?: string;
  readonly ok?: boolean;
  readonly seq?: number;
  readonly payload?: Record<string, unknown>;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly details?: Record<string, unknown>;
  } & Record<string, unknown>;
}

export interface Close {
  readonly code: number;
  readonly reason: string;
}

export interface ControlClient {
  readonly socket: WebSocket;
  /** In the order of arrival. */
  readonly frames: readonly Frame[];
  send(value: unknown): void;
  /** A request and its answer. */
  call(method: string, params?: unknown): Promise<Frame>;
  /** The first frame, also one that has come already, for which this holds. */
  frame(what: string, matches: (frame: Frame) => boolean): Promise<Frame>;
  readonly closed: Promise<Close>;
  close(): Promise<Close>;
}

export interface ConnectOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A connection that exists already, to be upgraded. */
  readonly connection?: Socket;
}

/** Opens a socket; nothing is sent yet. */
export async function openSocket(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  connection?: Socket,
): Promise<ControlClient> {
  const upgraded = connection === undefined ? {} : { createConnection: () => connection };
  const socket = new WebSocket(url, { headers: { ...headers }, ...upgraded });
  const frames: Frame[] = [];
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString('utf8')) as Frame));
  const closed = new Promise<Close>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  await within(
    'socket open',
    new Promise<void>((resolve, reject) => {
      socket.once('open', resolve).once('error', reject);
    }),
  );
  socket.on('error', () => socket.terminate());
  let lastId = 0;
  const client: ControlClient = {
    socket,
    frames,
    send: (value) => socket.send(typeof value === 'string' ? value : JSON.stringify(value)),
    call(method, params) {
      const id = `call-${(lastId += 1)}`;
      client.send({ type: 'req', id, method, ...(params === undefined ? {} : { params }) });
      return client.frame(`answer to ${method}`, (frame) => frame.type === 'res' && frame.id === id);
    },
    frame: (what, matches) => waitFor(what, () => frames.find(matches)),
    closed,
    close() {
      socket.close();
      return within('close', closed);
    },
  };
  return client;
}

/** Sends frames in one write, so that they arrive together. */
export function inOnePacket(client: ControlClient, frames: readonly unknown[]): void {
  const connection = (client.socket as unknown as { readonly _socket: Socket })._socket;
  connection.cork();
  for (const frame of frames) client.send(frame);
  connection.uncork();
}

/** The params of an accepted `connect`: a local backend client with admin scope. */
export function connectParams(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'backend' },
    role: 'operator',
    scopes: ['operator.admin'],
    auth: { token: TOKEN },
    ...over,
  };
}

/** Opens a socket and goes through the handshake; `hello` is its answer, whatever it is. */
export async function connectControl(
  url: string,
  options: ConnectOptions = {},
): Promise<ControlClient & { readonly hello: Frame }> {
  const client = await openSocket(url, options.headers, options.connection);
  await client.frame('connect.challenge', (frame) => frame.event === 'connect.challenge');
  client.send({ type: 'req', id: 'connect', method: 'connect', params: connectParams(options.params) });
  const hello = await client.frame('answer to connect', (frame) => frame.id === 'connect');
  return Object.assign(client, { hello });
}

/** As many accepted clients as asked for, a few at a time: the gateway bounds sockets that are still strangers. */
export async function connectMany(url: string, count: number): Promise<ControlClient[]> {
  const clients: ControlClient[] = [];
  while (clients.length < count) {
    const group = Math.min(16, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: group }, () => connectControl(url)))));
  }
  return clients;
}
