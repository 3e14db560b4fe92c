/**
 * The requests of one connection, started in the order in which they came (protocol.md §15). While a large frame is
 * being read elsewhere, or this turn of the event loop has had enough of requests, those behind wait here, and the socket
 * is not read: whoever sends more waits in TCP.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { controlLimits, largeFrameLimits } from '../../shared/limits.js';
import type { LargeFrames } from './large-frames.js';
import { busy, readRequest, UNREADABLE_ID, type ReadRequest } from './read-request.js';
import type { TurnTime } from './turn-time.js';

/** Whose requests they are. */
export interface InboxOwner {
  /** Stops reading from the socket; what has been read already may still come. */
  pause(): void;
  resume(): void;
}

/** What the inboxes of all connections have in common. */
export interface InboxOptions<Owner extends InboxOwner> {
  readonly largeFrames: Pick<LargeFrames, 'read'>;
  readonly turnTime: TurnTime;
  handle(request: ReadRequest, owner: Owner): void;
}

/** One for each of thousands of idle connections: it has nothing of its own before it is used. */
export class Inbox<Owner extends InboxOwner> {
  readonly #options: InboxOptions<Owner>;
  readonly #owner: Owner;
  /** Undefined as long as nobody works on them. */
  #waiting: Buffer[] | undefined;
  /** A large frame is being read: what waits then may be much. */
  #reading = false;
  #closed = false;

  constructor(options: InboxOptions<Owner>, owner: Owner) {
    this.#options = options;
    this.#owner = owner;
  }

  take(frame: Buffer): void {
    const { turnTime } = this.#options;
    const waiting = this.#waiting;
    if (!waiting && !isLarge(frame) && !turnTime.isUp) this.#handle(readRequest(frame));
    else if (!waiting) void this.#work([frame]);
    else if (this.#reading && waiting.length >= controlLimits.queuedFrames)
      this.#handle(busy(isLarge(frame) ? UNREADABLE_ID : readRequest(frame).id));
    else waiting.push(frame);
  }

  /** The connection is gone: what waits is dropped. */
  close(): void {
    this.#closed = true;
    if (this.#waiting) this.#waiting.length = 0;
  }

  async #work(waiting: Buffer[]): Promise<void> {
    const { turnTime, largeFrames } = this.#options;
    this.#waiting = waiting;
    this.#owner.pause();
    for (let frame = waiting.shift(); frame; frame = waiting.shift()) {
      if (turnTime.isUp) await nextTurn();
      this.#reading = isLarge(frame);
      const request = this.#reading ? await largeFrames.read(frame) : readRequest(frame);
      this.#reading = false;
      if (!this.#closed) this.#handle(request);
    }
    this.#waiting = undefined;
    this.#owner.resume();
  }

  #handle(request: ReadRequest): void {
    this.#options.handle(request, this.#owner);
  }
}

function isLarge(frame: Buffer): boolean {
  return frame.length > largeFrameLimits.aboveBytes;
}
