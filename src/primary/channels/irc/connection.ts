/**
 * The socket to a server: lines in and lines out. It answers the server's pings, and asks for a sign of life where there
 * is none; whoever has it is told once when it is lost.
 */
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { toError } from '../../../shared/to-error.js';
import { ChannelError } from '../channel.js';
import { createLineReader } from './line-reader.js';
import { composeLine, type Line } from './line.js';
import { ircLimits } from './limits.js';
import type { IrcSettings } from './settings.js';

export interface Connection {
  readonly open: boolean;
  /** Rejects, with a ChannelError, when it is lost or closed. */
  readonly lost: Promise<never>;
  /** Calls with each line from here on; what it gives stops that. */
  listen(listener: (line: Line) => void): () => void;
  /** False when it is not open: nothing was sent. */
  send(command: string, ...params: readonly string[]): boolean;
  /** Ends it: what is sent before leaves still. */
  close(reason: ChannelError): void;
}

/** @throws ChannelError */
export async function connect(
  settings: IrcSettings,
  signal: AbortSignal,
  alive: () => void,
): Promise<Connection> {
  const socket = await openSocket(settings, signal);
  const listeners = new Set<(line: Line) => void>();
  let lose: (error: ChannelError) => void = () => {};
  const lost = new Promise<never>((_resolve, reject) => (lose = reject));
  lost.catch(() => {}); // whoever waits for it hears of it
  let isOpen = true;
  const close = (reason: ChannelError): void => {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(timer);
    socket.end();
    const cut = setTimeout(() => socket.destroy(), ircLimits.quitMs);
    socket.once('close', () => clearTimeout(cut));
    lose(reason);
  };
  const connection: Connection = {
    get open() {
      return isOpen;
    },
    lost,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send(command, ...params) {
      const line = composeLine(command, ...params);
      if (!isOpen) return false;
      socket.write(`${line}\r\n`);
      return true;
    },
    close,
  };
  const silent = (): void => close(new ChannelError('lost', 'the server does not answer any more'));
  const ask = (): void => {
    connection.send('PING', 'alive');
    timer = setTimeout(silent, ircLimits.answerMs);
  };
  let timer = setTimeout(ask, ircLimits.idleMs);
  const read = createLineReader((line) => {
    try {
      if (line.command === 'PING') connection.send('PONG', ...line.params);
      for (const listener of listeners) listener(line);
    } catch (caught) {
      // What a server sends must not be able to end more than its connection.
      close(new ChannelError('lost', `the server sent something odd: ${toError(caught).message}`));
    }
    if (line.command === 'ERROR') close(new ChannelError('lost', `the server ends it: ${reasonIn(line)}`));
  });
  socket.on('data', (chunk: Buffer) => {
    if (!isOpen) return;
    clearTimeout(timer);
    timer = setTimeout(ask, ircLimits.idleMs);
    alive();
    if (!read(chunk)) close(new ChannelError('lost', 'the server sends lines without end'));
  });
  socket.on('error', (error) => close(new ChannelError('lost', error.message, { cause: error })));
  socket.on('close', () => close(new ChannelError('lost', 'the connection was closed')));
  return connection;
}

/** The server's own words. */
export function reasonIn({ params }: Line): string {
  return (params.at(-1) ?? '').slice(0, ircLimits.reasonChars);
}

async function openSocket(settings: IrcSettings, signal: AbortSignal): Promise<Socket> {
  const { host, port, tls } = settings;
  let socket: Socket;
  if (tls) {
    const [ca, cert, key] = await Promise.all([
      pem(tls.caPath),
      pem(tls.certPath),
      pem(tls.keyPath ?? tls.certPath),
    ]);
    const servername = tls.serverName ?? (isIP(host) === 0 ? host : undefined);
    socket = connectTls({
      host,
      port,
      rejectUnauthorized: tls.rejectUnauthorized,
      ...(servername === undefined ? {} : { servername }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } else {
    socket = connectTcp({ host, port });
  }
  socket.setNoDelay(true).setKeepAlive(true, ircLimits.idleMs);
  await new Promise<void>((resolve, reject) => {
    const fail = (caught: unknown): void => {
      socket.destroy();
      const { message } = toError(caught);
      reject(new ChannelError('lost', `cannot connect to ${host}:${port}: ${message}`));
    };
    const abort = (): void => fail(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail).once(tls ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail);
      signal.removeEventListener('abort', abort);
      resolve();
    });
    socket.once('close', () => fail(new Error('the connection was closed')));
  });
  return socket;
}

async function pem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (caught) {
    throw new ChannelError('refused', `cannot read ${path}: ${toError(caught).message}`);
  }
}
