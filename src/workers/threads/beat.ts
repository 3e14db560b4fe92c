/**
 * Sign of life of a thread, in shared memory: a blocked event loop stops counting, and the worker
 * process sees that without asking. Layout: pairs of [threadId, beats], one for each thread.
 */
import { threadLimits } from '../../shared/limits.js';

/** Pairs: more than any pool has threads, ended ones included until their slot is taken again. */
const SLOTS = 64;

export function createBeats(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS * 2 * Int32Array.BYTES_PER_ELEMENT);
}

/** Called in the thread: counts up as long as its event loop turns. */
export function startBeating(beats: SharedArrayBuffer, threadId: number): void {
  const cells = new Int32Array(beats);
  const slot = threadId % SLOTS;
  Atomics.store(cells, slot * 2, threadId);
  setInterval(() => Atomics.add(cells, slot * 2 + 1, 1), threadLimits.beatIntervalMs).unref();
}

/** Called in the process: beats of a thread so far, or undefined before its first sign. */
export function readBeats(beats: SharedArrayBuffer, threadId: number): number | undefined {
  const cells = new Int32Array(beats);
  const slot = threadId % SLOTS;
  return Atomics.load(cells, slot * 2) === threadId ? Atomics.load(cells, slot * 2 + 1) : undefined;
}
