/**
 * The api threads of a process. Piscina starts and replaces them, and has one task for each: to serve, over a port of its
 * own, until it ends. Who ends with tasks is succeeded by another one.
 */
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { threadLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import { createBeats } from '../threads/beat.js';
import type { FromThread, ServeTask, ThreadData, ToThread } from '../threads/protocol.js';
import { watchThreads } from './watch-threads.js';

export interface ApiThread {
  /** What it is told it reads in this order, from the start of the thread on. */
  post(message: ToThread, transfer?: readonly ArrayBuffer[]): void;
  /** It has so many: its owner counts them. */
  tasks: number;
}

export interface ApiThreads {
  /** The one with the fewest tasks. */
  next(): ApiThread;
  stop(): Promise<void>;
}

export interface ApiThreadsOptions {
  readonly count: number;
  readonly rawStream: string | undefined;
  readonly log: Logger;
  received(parts: FromThread): void;
  /** It has ended; all that it said has been received. */
  lost(thread: ApiThread, error: Error): void;
}

export function createApiThreads({ count, rawStream, log, received, lost }: ApiThreadsOptions): ApiThreads {
  const beats = createBeats();
  const data: ThreadData = { beats, rawStream };
  const pool = new Piscina({
    filename: fileURLToPath(new URL('../threads/api.js', import.meta.url)),
    name: 'serve',
    minThreads: count,
    maxThreads: count,
    maxQueue: count,
    // A thread that waits in `Atomics.wait` would freeze its sockets and timers.
    atomics: 'disabled',
    recordTiming: false,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMib(count) },
    workerData: data,
  });
  pool.on('error', (error: Error) => log.error('pool.error', `api pool: ${error.message}`));
  let stopping = false;
  const open = (): ApiThread => {
    const { port1: port, port2: theirs } = new MessageChannel();
    port.on('message', received).unref();
    const thread: ApiThread = {
      post: (message, transfer = []) => port.postMessage(message, transfer),
      tasks: 0,
    };
    const task: ServeTask = { port: theirs };
    pool.run(task, { transferList: [theirs] }).catch((caught: unknown) => {
      if (stopping) return;
      threads[threads.indexOf(thread)] = open();
      for (let last = receiveMessageOnPort(port); last; last = receiveMessageOnPort(port))
        received(last.message as FromThread);
      port.close();
      lost(thread, toError(caught));
    });
    return thread;
  };
  const threads = Array.from({ length: count }, open);
  const watch = watchThreads(pool, beats, log);
  return {
    next: () => threads.reduce((least, thread) => (thread.tasks < least.tasks ? thread : least)),
    async stop() {
      stopping = true;
      watch.stop();
      await pool.destroy();
    },
  };
}

/** MiB; the memory is the machine's, or what its container may use of it. */
function heapMib(threads: number): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.min(threadLimits.heapMib, Math.floor((memory * threadLimits.heapShare) / threads / 2 ** 20));
}
