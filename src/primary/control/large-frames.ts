/** Reads large frames in a thread, so that parsing 25 MiB never holds up the event loop that all connections share. */
import { largeFrameLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { createSoloThread } from '../solo-thread.js';
import { busy, UNREADABLE_ID, type ReadRequest } from './read-request.js';

export interface LargeFrames {
  /** Takes the bytes away from the caller. Never rejects: what cannot be read is a request that is refused. */
  read(frame: Buffer): Promise<ReadRequest>;
  stop(): Promise<void>;
}

export interface LargeFramesOptions {
  readonly log: Logger;
  /** What the thread runs. */
  readonly thread?: URL;
  readonly limits?: LargeFramesLimits;
}

/** As in `limits.ts`, which says why. */
interface LargeFramesLimits {
  readonly waitingBytes: number;
  readonly readMs: number;
  readonly idleMs: number;
}

export function createLargeFrames(options: LargeFramesOptions): LargeFrames {
  const { log, thread: script = new URL('large-frame-thread.js', import.meta.url) } = options;
  const limits: LargeFramesLimits = options.limits ?? largeFrameLimits;
  let waitingBytes = 0;
  let stopped = false;
  const thread = createSoloThread<Uint8Array<ArrayBuffer>, ReadRequest>({
    script,
    taskMs: limits.readMs,
    idleMs: limits.idleMs,
    begins(bytes) {
      waitingBytes -= bytes.byteLength;
      return [bytes.buffer];
    },
    lost: ({ message }) => log.error('ws.large-frame', `the thread for large frames was lost: ${message}`),
  });
  return {
    async read(frame) {
      if (stopped || waitingBytes + frame.length > limits.waitingBytes) return busy(UNREADABLE_ID);
      waitingBytes += frame.length;
      return thread.run(ownBytes(frame)).catch(() => busy(UNREADABLE_ID));
    },
    stop() {
      stopped = true;
      return thread.stop();
    },
  };
}

/** Memory that holds nothing else, and so can be given away; `ws` makes such for every large frame. */
function ownBytes(frame: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer } = frame;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === frame.byteLength;
  return whole ? new Uint8Array(buffer) : new Uint8Array(frame);
}
