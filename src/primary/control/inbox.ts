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

export interface Inbox {
  take(frame: Buffer): void;
  /** The connection is gone: what waits is dropped. */
  close(): void;
}

export interface InboxOptions {
  readonly largeFrames: Pick<LargeFrames, 'read'>;
  readonly turnTime: TurnTime;
  handle(request: ReadRequest): void;
  /** Stops reading from the socket; what has been read already may still come. */
  pause(): void;
  resume(): void;
}

export function createInbox(options: InboxOptions): Inbox {
  const { largeFrames, turnTime, handle } = options;
  const waiting: Buffer[] = [];
  let working = false;
  /** A large frame is being read: what waits then may be much. */
  let reading = false;
  let closed = false;

  const work = async (): Promise<void> => {
    working = true;
    options.pause();
    for (let frame = waiting.shift(); frame; frame = waiting.shift()) {
      if (turnTime.isUp) await nextTurn();
      reading = isLarge(frame);
      const request = reading ? await largeFrames.read(frame) : readRequest(frame);
      reading = false;
      if (!closed) handle(request);
    }
    working = false;
    options.resume();
  };
  return {
    take(frame) {
      if (!working && !isLarge(frame) && !turnTime.isUp) handle(readRequest(frame));
      else if (reading && waiting.length >= controlLimits.queuedFrames)
        handle(busy(isLarge(frame) ? UNREADABLE_ID : readRequest(frame).id));
      else {
        waiting.push(frame);
        if (!working) void work();
      }
    },
    close() {
      closed = true;
      waiting.length = 0;
    },
  };
}

function isLarge(frame: Buffer): boolean {
  return frame.length > largeFrameLimits.aboveBytes;
}
