/**
 * Client side of the WebSocket control plane, as far as a load needs it: open a socket and get through the handshake.
 */
import { WebSocket, type RawData } from 'ws';
import { connectFrame, parseFrame } from './rpc-frames.js';
import { deadlines } from './timing.js';

/** Text of a message; sockets here keep `ws`'s default of one Buffer per message. */
export function messageText(data: RawData): string {
  return (data as Buffer).toString();
}

/**
 * Opens a socket. With a token it waits for the challenge, connects and resolves at hello-ok; without one (the echo
 * baseline) it resolves when the socket is open. Rejects when the server refuses, closes, or takes too long.
 */
export function openSocket(
  url: string,
  token: string | null,
  mode: 'backend' | 'ui' = 'backend',
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.terminate();
      reject(error);
    };
    const finish = (): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      resolve(socket);
    };
    const timer = setTimeout(
      () => fail(new Error(`no hello-ok from ${url} in ${deadlines.handshakeMs} ms`)),
      deadlines.handshakeMs,
    );
    socket.on('error', fail);
    socket.on('close', (code, reason) =>
      fail(new Error(`closed during the handshake: ${code} ${reason.toString()}`)),
    );
    if (token === null) {
      socket.on('open', finish);
      return;
    }
    socket.on('message', (data) => {
      const frame = parseFrame(messageText(data));
      if (frame.event === 'connect.challenge') socket.send(connectFrame('connect', token, mode));
      else if (frame.payload?.type === 'hello-ok') finish();
      else if (frame.ok === false)
        fail(new Error(`connect refused: ${frame.error?.message ?? 'no message'}`));
    });
  });
}

/** Opens sockets one after the other: a burst would run into the limit on unauthenticated sockets. */
export async function openSockets(
  url: string,
  token: string | null,
  count: number,
): Promise<readonly WebSocket[]> {
  const sockets: WebSocket[] = [];
  while (sockets.length < count) sockets.push(await openSocket(url, token));
  return sockets;
}
