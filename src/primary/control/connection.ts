/**
 * One WebSocket after its upgrade: identity, counters, and the only way frames leave. Its life:
 *
 *   challenged ──connect ok──▶ open ──▶ closing (close frame sent, 1 s) ──▶ closed
 *        └── refused, 15 s over, too large ──────▲
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ClientAddress } from '../../shared/auth/client-address.js';
import { closeCodes, type CloseCode } from '../../shared/protocol/constants.js';
import type { EncodedEvent, EventName } from '../../shared/protocol/events.js';
import type { ConnectParams } from '../../shared/protocol/frames.js';
import { controlLimits } from '../../shared/limits.js';
import type { DeviceToken } from '../../shared/store/records.js';
import type { AuthMethod } from './auth.js';
import { frameBytes, type OutgoingFrame } from './frame-batch.js';
import type { GatewaySocket } from './gateway-socket.js';
import type { Outbox, Sender, WriteBatch } from './outbox.js';

/** How the other end is reached; fixed at the upgrade. */
export interface Remote extends ClientAddress {
  /** Of the socket: the client, or the proxy before it. */
  readonly peer: string;
  /** Of the upgrade request; none once the connection is let in. */
  readonly headers: IncomingHttpHeaders;
}

export type Role = 'operator' | 'node';

/** The device behind a connection, and its token where it is a paired one. */
export interface SessionDevice {
  readonly deviceId: string;
  readonly token: DeviceToken | undefined;
}

/** What a node says that it can do. */
export interface NodeOffer {
  readonly commands: readonly string[];
  readonly permissions: Readonly<Record<string, boolean>> | undefined;
}

/** Who the other end is; fixed by a successful `connect`. */
export interface Session {
  readonly client: ConnectParams['client'];
  readonly role: Role;
  readonly scopes: ReadonlySet<string>;
  readonly caps: ReadonlySet<string>;
  readonly authMethod: AuthMethod;
  readonly device: SessionDevice | undefined;
  /** Of role `node` only. */
  readonly node?: NodeOffer;
  readonly protocol: number;
  /** Events that this connection may see. */
  readonly events: ReadonlySet<EventName>;
}

export interface ConnectionObserver {
  frameSent(): void;
  eventDropped(event: EventName): void;
  slowConsumer(connection: Connection): void;
}

const noHeaders: IncomingHttpHeaders = {};

export class Connection implements Sender {
  readonly id: string = randomUUID();
  /** Of its challenge; none once the connection is let in. */
  nonce: string = randomUUID();
  session: Session | undefined;
  #remote: Remote;
  readonly #socket: GatewaySocket;
  readonly #observer: ConnectionObserver;
  readonly #outbox: Outbox;
  #seq = 0;
  #callsOutOfRole = 0;
  #closing = false;
  /** What leaves at the end of this tick, of events the numbers too; undefined for nothing. */
  #unsent: { readonly frames: OutgoingFrame[]; readonly numbers: number[] } | undefined;
  #queuedBytes = 0;

  constructor(socket: GatewaySocket, remote: Remote, observer: ConnectionObserver, outbox: Outbox) {
    this.#socket = socket;
    this.#remote = remote;
    this.#observer = observer;
    this.#outbox = outbox;
  }

  get remote(): Remote {
    return this.#remote;
  }

  /** Who the other end is. What only the handshake asks for is forgotten: there may be thousands of idle connections. */
  letIn(session: Session): void {
    this.session = session;
    this.nonce = '';
    this.#remote = { ...this.#remote, headers: noHeaders };
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  get closing(): boolean {
    return this.#closing;
  }

  get bufferedBytes(): number {
    return this.#queuedBytes + this.#socket.bufferedAmount;
  }

  /** Sends a frame that must arrive: a socket that is too far behind is closed instead (protocol.md §15). */
  send(frame: string): void {
    if (this.#closing) return;
    if (this.#isFull) this.tooSlow();
    else this.#queue({ head: frame, tail: undefined }, 0, true);
  }

  /** Sends an event if this connection may see it. A skipped one still takes its number. */
  sendEvent(event: EncodedEvent): void {
    if (this.#closing || !this.session?.events.has(event.name)) return;
    this.#seq += 1;
    if (!this.#isFull) this.#queue(event, this.#seq, false);
    else if (event.droppable) this.#observer.eventDropped(event.name);
    else this.tooSlow();
  }

  flush(write: WriteBatch): void {
    if (!this.#unsent) return;
    const { frames, numbers } = this.#unsent;
    this.#unsent = undefined;
    this.#queuedBytes = 0;
    write(frames, numbers, (chunks) => this.#socket.write(chunks));
  }

  /** Sends a close frame; what is not closed after a grace is cut. The reason is cut to what a frame can hold. */
  close(code: CloseCode, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#outbox.close(this);
    this.#socket.close(code, fitReason(reason));
    const timer = setTimeout(() => this.#socket.terminate(), controlLimits.closeGraceMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** A call that its role may not make: whoever goes on after a few has lost its way (protocol.md §7). */
  calledOutOfRole(): void {
    this.#callsOutOfRole += 1;
    if (this.#callsOutOfRole > controlLimits.callsOutOfRole) {
      process.nextTick(() => this.close(closeCodes.policy, 'repeated unauthorized calls'));
    }
  }

  terminate(): void {
    this.#closing = true;
    this.#socket.terminate();
  }

  /** It does not keep up (protocol.md §15). */
  tooSlow(): void {
    this.#observer.slowConsumer(this);
    this.close(closeCodes.policy, 'slow consumer');
  }

  get #isFull(): boolean {
    return this.bufferedBytes > controlLimits.maxBufferedBytes;
  }

  #queue(frame: OutgoingFrame, number: number, urgent: boolean): void {
    const { frames, numbers } = (this.#unsent ??= { frames: [], numbers: [] });
    if (frames.push(frame) === 1 || urgent) this.#outbox.add(this, urgent);
    numbers.push(number);
    this.#queuedBytes += frameBytes(frame, number);
    this.#observer.frameSent();
  }
}

/** At most 120 bytes of UTF-8, cut between characters (protocol.md §3). */
export function fitReason(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= controlLimits.closeReasonBytes) return reason;
  let end = controlLimits.closeReasonBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
