/**
 * A `ws` WebSocket with what the library keeps to itself: frames that are ready already, a payload limit that can rise, and
 * a reason beside 1009.
 */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { controlLimits } from '../../shared/limits.js';
import { closeCodes } from '../../shared/protocol/constants.js';
import type { FrameChunk } from './frame-batch.js';

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

  /**
   * Writes whole frames, without masks as a server's are: nothing is compressed or split here, so the library has no state
   * that this could disturb. True when all was taken at once: then the bytes are the caller's again.
   */
  write(chunks: readonly FrameChunk[]): boolean {
    const stream = (this as unknown as Internals)._socket;
    if (!stream || this.readyState !== WebSocket.OPEN) return true;
    if (chunks.length > 1) stream.cork();
    for (const chunk of chunks) stream.write(chunk);
    if (chunks.length > 1) stream.uncork();
    return stream.writableLength === 0;
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
