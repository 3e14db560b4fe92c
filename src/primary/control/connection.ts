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
import { eventFrame, type EncodedEvent, type EventName } from '../../shared/protocol/events.js';
import type { ConnectParams } from '../../shared/protocol/frames.js';
import { controlLimits } from '../../shared/limits.js';
import type { DeviceToken } from '../../shared/store/records.js';
import type { AuthMethod } from './auth.js';
import type { GatewaySocket } from './gateway-socket.js';

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

export class Connection {
  readonly id: string = randomUUID();
  readonly nonce: string = randomUUID();
  session: Session | undefined;
  #remote: Remote;
  readonly #socket: GatewaySocket;
  readonly #observer: ConnectionObserver;
  #seq = 0;
  #callsOutOfRole = 0;
  #closing = false;
  #corked = false;

  constructor(socket: GatewaySocket, remote: Remote, observer: ConnectionObserver) {
    this.#socket = socket;
    this.#remote = remote;
    this.#observer = observer;
  }

  get remote(): Remote {
    return this.#remote;
  }

  /** Nothing asks for them after the handshake, and there may be thousands of idle connections. */
  forgetHeaders(): void {
    this.#remote = { ...this.#remote, headers: {} };
  }

  get closing(): boolean {
    return this.#closing;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends a frame that must arrive: a socket that is too far behind is closed instead (protocol.md §15). */
  send(frame: string): void {
    if (this.#closing) return;
    if (this.#socket.bufferedAmount > controlLimits.maxBufferedBytes) this.#slow();
    else this.#write(frame);
  }

  /** Sends an event if this connection may see it. A skipped one still takes its number. */
  sendEvent(event: EncodedEvent, droppable: boolean): void {
    if (this.#closing || !this.session?.events.has(event.name)) return;
    this.#seq += 1;
    if (this.#socket.bufferedAmount <= controlLimits.maxBufferedBytes)
      this.#write(eventFrame(event, this.#seq));
    else if (droppable) this.#observer.eventDropped(event.name);
    else this.#slow();
  }

  /** Sends a close frame; what is not closed after a grace is cut. The reason is cut to what a frame can hold. */
  close(code: CloseCode, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
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

  #slow(): void {
    this.#observer.slowConsumer(this);
    this.close(closeCodes.policy, 'slow consumer');
  }

  /** All frames of one tick leave in one write. */
  #write(frame: string): void {
    const stream = this.#socket.stream;
    if (!this.#corked && stream) {
      this.#corked = true;
      stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        stream.uncork();
      });
    }
    this.#socket.send(frame);
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
