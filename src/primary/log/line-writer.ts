/**
 * Writes lines to a file off the event loop: one write at a time, and what comes meanwhile leaves with the next.
 * After a failed write the next line tries again. What waits is bounded; what does not fit is counted.
 */
import { write, writeSync } from 'node:fs';
import { logLimits } from '../../shared/log/limits.js';
import { errorCode, toError } from '../../shared/to-error.js';

export interface LineWriterOptions {
  /** The descriptor for the next write; never asked for while one is under way. @throws what opening a file throws */
  target(): number;
  /** A write failed, and the one before had not. */
  failed(error: Error): void;
  /** Everything is written again but this many lines, for which there was no room. */
  dropped(lines: number): void;
  /** After `close`, when the last write is done. */
  closed(): void;
}

export interface LineWriter {
  /** The last write went well. */
  readonly working: boolean;
  /** `line` ends with a line feed. */
  write(line: string): void;
  /** Writes what waits, now, and takes no more: for the end of the process. Gives how many lines were lost. */
  close(): number;
}

const EMPTY = Buffer.alloc(0);
const LINE_FEED = 0x0a;

export function createLineWriter(options: LineWriterOptions): LineWriter {
  let waiting: string[] = [];
  /** Lines that a write is about, or that the last one left. */
  let taken: Buffer = EMPTY;
  let unwrittenBytes = 0;
  let dropped = 0;
  let writing = false;
  let failing = false;
  let closed = false;

  const take = (): Buffer => {
    const lines = Buffer.from(waiting.join(''));
    waiting = [];
    return lines;
  };
  const fail = (error: Error): void => {
    if (!failing) options.failed(error);
    failing = true;
  };
  const written = (bytes: number): void => {
    failing = false;
    taken = taken.subarray(bytes);
    unwrittenBytes -= bytes;
    if (unwrittenBytes > 0) {
      pump();
    } else if (dropped > 0) {
      const lines = dropped;
      dropped = 0;
      options.dropped(lines);
    }
  };
  const pump = (): void => {
    if (writing || closed) return;
    if (taken.length === 0) taken = take();
    try {
      const descriptor = options.target();
      writing = true;
      write(descriptor, taken, (error, bytes) => {
        writing = false;
        if (closed) options.closed();
        if (error) fail(error);
        else written(bytes);
      });
    } catch (caught) {
      fail(toError(caught));
    }
  };
  return {
    get working() {
      return !failing;
    },
    write(line) {
      if (closed) return;
      const bytes = Buffer.byteLength(line);
      if (unwrittenBytes + bytes > logLimits.unwrittenBytes) {
        dropped += 1;
      } else {
        waiting.push(line);
        unwrittenBytes += bytes;
      }
      pump();
    },
    close() {
      if (closed) return 0;
      closed = true;
      // Node finishes a write that is under way before the process ends; only what comes after it is left.
      const left = writing ? take() : Buffer.concat([taken, take()]);
      const lost = dropped + countLines(left.length === 0 ? left : writeNow(left, options.target));
      if (!writing) options.closed();
      return lost;
    },
  };
}

/** Writes until all is written or it fails for good, and gives the rest: a full disk must not hold the process. */
function writeNow(bytes: Buffer, target: () => number): Buffer {
  let rest = bytes;
  let tries = logLimits.finalWriteTries;
  while (rest.length > 0 && tries > 0) {
    try {
      rest = rest.subarray(writeSync(target(), rest));
    } catch (caught) {
      const code = errorCode(caught);
      if (code !== 'EAGAIN' && code !== 'EBUSY') return rest;
      tries -= 1;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, logLimits.finalWriteRetryMs);
    }
  }
  return rest;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}
