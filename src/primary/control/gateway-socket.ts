/** A `ws` WebSocket with two things the library keeps to itself: a payload limit that can rise, and a reason beside 1009. */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { controlLimits } from '../../shared/limits.js';
import { closeCodes } from '../../shared/protocol/constants.js';

/** The private parts of `ws` 8 that are touched; the version is pinned, and tests fail if they move. */
interface Internals {
  readonly _receiver?: { _maxPayload: number };
  readonly _socket?: Duplex;
}

export const PREAUTH_TOO_LARGE = 'preauth payload too large';
/** What the library calls it in its error (protocol.md §15). */
const TOO_LARGE = 'Max payload size exceeded';

export class GatewaySocket extends WebSocket {
  #authenticated = false;

  /** The connection below, for writing several frames at once. */
  get stream(): Duplex | undefined {
    return (this as unknown as Internals)._socket;
  }

  /** From the limit of strangers to the limit of clients (protocol.md §3). */
  raisePayloadLimit(): void {
    this.#authenticated = true;
    const receiver = (this as unknown as Internals)._receiver;
    if (receiver) receiver._maxPayload = controlLimits.maxPayloadBytes;
  }

  /** `ws` closes an oversized message without a reason; clients are told which limit it was. */
  override close(code?: number, reason?: string | Buffer): void {
    if (code !== closeCodes.tooLarge || reason !== undefined) super.close(code, reason);
    else super.close(code, this.#authenticated ? TOO_LARGE : PREAUTH_TOO_LARGE);
  }
}
