/**
 * Reads large frames in a thread, so that parsing 25 MiB never holds up the event loop that all connections share.
 *
 *   none ──a frame──▶ reading ◀──next / answer──▶ idle ──a while──▶ none
 *     ▲                    │
 *     └── died, too slow ──┘  what it was reading is refused; the next frame gets a new thread
 *
 * It has one frame at a time: nothing but that one is lost with it.
 */
import { Worker } from 'node:worker_threads';
import { deferred, type Deferred } from '../../shared/deferred.js';
import { largeFrameLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
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

interface Job {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly request: Deferred<ReadRequest>;
}

export function createLargeFrames(options: LargeFramesOptions): LargeFrames {
  const { log } = options;
  const limits: LargeFramesLimits = options.limits ?? largeFrameLimits;
  const waiting: Job[] = [];
  let waitingBytes = 0;
  let current: Job | undefined;
  let thread: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const next = (): void => {
    clearTimeout(timer);
    current = waiting.shift();
    if (current) {
      waitingBytes -= current.bytes.byteLength;
      thread ??= start();
      thread.postMessage(current.bytes, [current.bytes.buffer]);
      timer = setTimeout(() => lost(new Error(`not done after ${limits.readMs} ms`)), limits.readMs);
    } else {
      timer = setTimeout(() => void end(), limits.idleMs);
    }
    timer.unref();
  };
  const start = (): Worker => {
    const started = new Worker(options.thread ?? new URL('large-frame-thread.js', import.meta.url), {
      env: {},
    });
    const whileInUse =
      <T>(then: (value: T) => void) =>
      (value: T): void => {
        if (thread === started) then(value);
      };
    started.on(
      'message',
      whileInUse((request: ReadRequest) => {
        current?.request.resolve(request);
        next();
      }),
    );
    started.on('error', whileInUse(lost));
    started.on('messageerror', whileInUse(lost));
    started.on(
      'exit',
      whileInUse((code: number) => lost(new Error(`exit code ${code}`))),
    );
    started.unref();
    return started;
  };
  const lost = (error: Error): void => {
    log.error('ws.large-frame', `the thread for large frames was lost: ${error.message}`);
    void end();
    current?.request.resolve(busy(UNREADABLE_ID));
    next();
  };
  const end = async (): Promise<void> => {
    const ended = thread;
    thread = undefined;
    await ended?.terminate();
  };

  return {
    read(frame) {
      if (stopped || waitingBytes + frame.length > limits.waitingBytes)
        return Promise.resolve(busy(UNREADABLE_ID));
      const job = { bytes: ownBytes(frame), request: deferred<ReadRequest>() };
      waiting.push(job);
      waitingBytes += frame.length;
      if (!current) next();
      return job.request.promise;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      for (const { request } of waiting.splice(0)) request.resolve(busy(UNREADABLE_ID));
      current?.request.resolve(busy(UNREADABLE_ID));
      current = undefined;
      await end();
    },
  };
}

/** Memory that holds nothing else, and so can be given away; `ws` makes such for every large frame. */
function ownBytes(frame: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer } = frame;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === frame.byteLength;
  return whole ? new Uint8Array(buffer) : new Uint8Array(frame);
}
