/**
 * The requests of one connection, started in the order in which they came (protocol.md §15). While a large frame is
 * being read elsewhere, those behind it wait here, and the socket is not read: whoever sends more waits in TCP.
 */
import { controlLimits, largeFrameLimits } from '../../shared/limits.js';
import type { LargeFrames } from './large-frames.js';
import { busy, readRequest, UNREADABLE_ID, type ReadRequest } from './read-request.js';

export interface Inbox {
  take(frame: Buffer): void;
  /** The connection is gone: what waits is dropped. */
  close(): void;
}

export interface InboxOptions {
  readonly largeFrames: Pick<LargeFrames, 'read'>;
  handle(request: ReadRequest): void;
  /** Stops reading from the socket; what has been read already may still come. */
  pause(): void;
  resume(): void;
}

export function createInbox(options: InboxOptions): Inbox {
  const { largeFrames, handle } = options;
  const waiting: Buffer[] = [];
  let working = false;
  let closed = false;

  const work = async (): Promise<void> => {
    working = true;
    options.pause();
    for (let frame = waiting.shift(); frame; frame = waiting.shift()) {
      const request = isLarge(frame) ? await largeFrames.read(frame) : readRequest(frame);
      if (!closed) handle(request);
    }
    working = false;
    options.resume();
  };
  return {
    take(frame) {
      if (!working && !isLarge(frame)) handle(readRequest(frame));
      else if (waiting.length >= controlLimits.queuedFrames)
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
