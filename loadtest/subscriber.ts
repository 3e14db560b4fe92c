/**
 * Bare TCP connections that go through a WebSocket handshake and then only count what they get. They share one read buffer,
 * and nothing that arrives is parsed or kept.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createFrameCounter } from './frame-counter.js';
import { connectFrame } from './rpc-frames.js';
import { deadlines } from './timing.js';

export interface SubscriberOptions {
  readonly port: number;
  /** Null for the baseline, which knows no handshake beyond the upgrade. */
  readonly token: string | null;
  readonly count: number;
  /** Sent after the handshake; each gets one answer. */
  readonly requests: readonly string[];
  /** Called with what came at once on one of them, after its handshake. */
  received(frames: number, bytes: number, subscriber: number): void;
  /** One that was open has closed. */
  lost(): void;
}

export interface Subscriber {
  /** Sends a text frame. */
  send(text: string): void;
  /** Reads nothing from here on. */
  stall(): void;
  end(): void;
}

const readBuffer = Buffer.allocUnsafe(256 * 1024);
/** Below the gateway's limit on sockets of one address that have not authenticated. */
const openedAtOnce = 16;

export async function openSubscribers(options: SubscriberOptions): Promise<readonly Subscriber[]> {
  const subscribers: Subscriber[] = [];
  while (subscribers.length < options.count) {
    const count = Math.min(openedAtOnce, options.count - subscribers.length);
    const first = subscribers.length;
    subscribers.push(
      ...(await Promise.all(
        Array.from({ length: count }, (_, index) => openSubscriber(options, first + index)),
      )),
    );
  }
  return subscribers;
}

function openSubscriber(options: SubscriberOptions, index: number): Promise<Subscriber> {
  return new Promise((resolve, reject) => {
    const { token, requests } = options;
    const frames = createFrameCounter();
    let head = '';
    let upgraded = false;
    /** The challenge and hello-ok of a gateway, and its answers. */
    let awaited = token === null ? 0 : 2 + requests.length;
    let hasAsked = false;
    let isOpen = false;
    const opened = (): void => {
      isOpen = true;
      clearTimeout(timer);
      resolve({
        send: (text) => void socket.write(textFrame(text)),
        stall: () => void socket.pause(),
        end() {
          isOpen = false;
          socket.destroy();
        },
      });
    };
    const take = (length: number, bytes: Uint8Array): boolean => {
      if (isOpen) {
        options.received(frames.add(bytes, length), length, index);
        return true;
      }
      let from = 0;
      if (!upgraded) {
        const before = head.length;
        head += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return true;
        if (!head.startsWith('HTTP/1.1 101')) {
          socket.destroy(new Error(`not upgraded: ${head.slice(0, 40)}`));
          return false;
        }
        upgraded = true;
        if (token !== null) socket.write(textFrame(connectFrame('connect', token)));
        from = end + 4 - before;
      }
      awaited -= frames.add(bytes.subarray(from, length), length - from);
      if (!hasAsked && awaited <= requests.length) {
        hasAsked = true;
        if (requests.length > 0) socket.write(Buffer.concat(requests.map(textFrame)));
      }
      if (awaited <= 0) opened();
      return true;
    };
    const socket = connect({
      host: '127.0.0.1',
      port: options.port,
      noDelay: true,
      onread: { buffer: readBuffer, callback: take },
    });
    const timer = setTimeout(() => socket.destroy(new Error('no hello-ok in time')), deadlines.handshakeMs);
    socket.once('connect', () => upgrade(socket));
    // A connection that was open and broke is told of by its close.
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      if (isOpen) options.lost();
      else reject(new Error('closed during the handshake'));
    });
  });
}

function upgrade(socket: Socket): void {
  socket.write(
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
}

/** A frame of a client: masked, with a mask that changes nothing. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 65_535) throw new Error('this load sends no frames that large');
  const short = payload.length < 126;
  const header = Buffer.alloc(short ? 6 : 8);
  header[0] = 0x81;
  header[1] = 0x80 | (short ? payload.length : 126);
  if (!short) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}
