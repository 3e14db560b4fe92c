/**
 * What the process sees of a running task without asking its thread, which may be too busy to answer: shared memory, one
 * piece for each task.
 */

const THREAD = 0;
const BEATS = 1;
const BUFFER_KIB = 2;
const PRINTED_TOO_MUCH = 3;
const CELLS = 4;

export function createTaskState(): SharedArrayBuffer {
  return new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);
}

export interface TaskState {
  /** Undefined before it has begun. */
  readonly threadId: number | undefined;
  /** Counts up as long as the thread's event loop turns. */
  readonly beats: number;
  /** Of the thread, beside its heap, at the last beat. */
  readonly bufferKib: number;
  readonly printedTooMuch: boolean;
}

export function readTaskState(state: SharedArrayBuffer): TaskState {
  const cells = new Int32Array(state);
  const threadId = Atomics.load(cells, THREAD);
  return {
    threadId: threadId === 0 ? undefined : threadId,
    beats: Atomics.load(cells, BEATS),
    bufferKib: Atomics.load(cells, BUFFER_KIB),
    printedTooMuch: Atomics.load(cells, PRINTED_TOO_MUCH) === 1,
  };
}

/** The thread's side. */
export interface TaskSigns {
  begin(threadId: number): void;
  beat(bufferKib: number): void;
  printedTooMuch(): void;
}

export function taskSigns(state: SharedArrayBuffer): TaskSigns {
  const cells = new Int32Array(state);
  return {
    begin: (threadId) => void Atomics.store(cells, THREAD, threadId),
    beat(bufferKib) {
      Atomics.store(cells, BUFFER_KIB, bufferKib);
      Atomics.add(cells, BEATS, 1);
    },
    printedTooMuch: () => void Atomics.store(cells, PRINTED_TOO_MUCH, 1),
  };
}
