/**
 * The process's side of the threads that tools run in, one call in a thread at a time. A thread is ended when its call
 * has to end: there is no other way to stop code that does not listen. A call's way:
 *
 *   waiting ──a thread is free──▶ running ──result──────────────────────────────────────▶ done
 *      ├── too many: overloaded      └── deadline, abort, memory, exit, throw ─▶ ending ─▶ done, when the thread is gone
 *      └── too long, aborted
 *
 * Threads start with the first call and end when idle, so a pool that nobody uses costs nothing.
 */
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { toolRunLimits } from '../../shared/tools/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { errorCode, toError } from '../../shared/to-error.js';
import {
  toolError,
  type ToolFailure,
  type ToolOutcome,
  type ToolUpdate,
} from '../../shared/tools/tool-call.js';
import type { ToolTask, ToolTaskEnd, ToolTaskUpdate } from '../threads/tool-pool/protocol.js';
import { createTaskState, readTaskState } from '../threads/tool-pool/task-state.js';
import { createMemoryWatch, type Watched } from './tool-memory.js';

/** A task as its owner makes it; the pool numbers it. */
export type NewToolTask = WithoutId<ToolTask>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id' | 'state'> : never;

export interface ToolTaskOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly update?: ToolUpdate;
}

export interface ToolPool {
  /** Never rejects: what goes wrong is the outcome of this task alone. */
  run(task: NewToolTask, options: ToolTaskOptions): Promise<ToolOutcome>;
  readonly queueDepth: number;
  readonly openTasks: number;
  /** Threads that live, those that are ending among them. */
  readonly threads: number;
  stop(): Promise<void>;
}

export interface ToolPoolOptions {
  readonly threads: number;
  readonly log: Logger;
}

/** Why a running task is ended. */
interface Ending {
  readonly kind: ToolFailure;
  readonly message: string;
}

const aborted: Ending = { kind: 'aborted', message: 'the call was aborted' };

export function createToolPool({ threads, log }: ToolPoolOptions): ToolPool {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('../threads/tool-pool/tool.js', import.meta.url)),
    name: 'runToolTask',
    minThreads: 0,
    maxThreads: threads,
    // What waits, waits here: a thread is given its next task when the last one is known to have left nothing behind.
    maxQueue: threads,
    idleTimeout: toolRunLimits.idleMs,
    atomics: 'disabled',
    recordTiming: false,
    env: {},
    resourceLimits: {
      maxOldGenerationSizeMb: toolRunLimits.heapMib,
      maxYoungGenerationSizeMb: toolRunLimits.youngHeapMib,
      stackSizeMb: toolRunLimits.stackMib,
    },
  });
  const living = new Map<number, Worker>();
  const updates = new Map<number, ToolUpdate>();
  const waiting: (() => void)[] = [];
  const memory = createMemoryWatch();
  let lastId = 0;
  let running = 0;

  pool.on('workerCreate', ({ id }: { readonly id: number }) => {
    const thread = pool.threads.find(({ threadId }) => threadId === id);
    if (!thread) return;
    living.set(id, thread);
    thread.once('exit', () => living.delete(id));
  });
  pool.on('message', ({ id, partial }: ToolTaskUpdate) => updates.get(id)?.(partial));
  // A thread that ends between two tasks, such as one in which something threw late, is nobody's.
  pool.on('error', (error: Error) => log.warn('tool.thread-error', `tool thread: ${error.message}`));

  const release = (): void => {
    running -= 1;
    waiting.shift()?.();
  };
  /** Resolves with true when a thread is free for the caller, who then has it. */
  const place = async (signal: AbortSignal): Promise<true | Ending> => {
    if (running < threads) {
      running += 1;
      return true;
    }
    if (waiting.length >= toolRunLimits.waiting)
      return { kind: 'overloaded', message: 'too many tool calls are waiting' };
    return new Promise((resolve) => {
      const leave = (ending: Ending): void => {
        waiting.splice(waiting.indexOf(take), 1);
        settle(ending);
      };
      const take = (): void => {
        running += 1;
        settle(true);
      };
      const settle = (result: true | Ending): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        resolve(result);
      };
      const abort = (): void => leave(aborted);
      const late: Ending = { kind: 'overloaded', message: 'no thread was free for the call in time' };
      const timer = setTimeout(() => leave(late), toolRunLimits.queueMs);
      signal.addEventListener('abort', abort, { once: true });
      waiting.push(take);
    });
  };

  /** In a place that the caller has. */
  const runTask = async (task: ToolTask, { timeoutMs, signal }: ToolTaskOptions): Promise<ToolOutcome> => {
    const killer = new AbortController();
    let ending: Ending | undefined;
    const end = (why: Ending): void => {
      ending ??= why;
      killer.abort();
    };
    const abort = (): void => end(aborted);
    const timer = setTimeout(
      () => end({ kind: 'timeout', message: `the tool took longer than ${timeoutMs} ms` }),
      timeoutMs,
    );
    const watched: Watched = {
      state: () => readTaskState(task.state),
      end: (message) => end({ kind: 'memory', message }),
    };
    signal.addEventListener('abort', abort, { once: true });
    memory.add(watched);
    try {
      const { outcome, clean } = (await pool.run(task, { signal: killer.signal })) as ToolTaskEnd;
      if (!clean) await endThread(task);
      return JSON.parse(outcome) as ToolOutcome;
    } catch (caught) {
      // Before the thread is waited for, which says nothing about the task.
      const why = ending ?? whyLost(toError(caught), task);
      await endThread(task);
      return toolError(why.kind, why.message);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      memory.remove(watched);
    }
  };

  /** Resolves when the task's thread is gone: until then its place is taken, whatever it does. */
  const endThread = async ({ state }: ToolTask): Promise<void> => {
    const { threadId } = readTaskState(state);
    const thread = threadId === undefined ? undefined : living.get(threadId);
    if (!thread) return;
    const timer = setTimeout(
      () => log.error('tool.thread-stuck', 'a tool thread does not end; its place stays taken', { threadId }),
      toolRunLimits.endingMs,
    );
    timer.unref();
    await new Promise<void>((resolve) => {
      thread.once('exit', () => resolve());
      void thread.terminate();
    });
    clearTimeout(timer);
  };

  return {
    async run(task, options) {
      if (options.signal.aborted) return toolError(aborted.kind, aborted.message);
      const placed = await place(options.signal);
      if (placed !== true) return toolError(placed.kind, placed.message);
      lastId += 1;
      const id = lastId;
      if (options.update) updates.set(id, options.update);
      try {
        return await runTask({ ...task, id, state: createTaskState() }, options);
      } finally {
        updates.delete(id);
        release();
      }
    },
    get queueDepth() {
      return waiting.length;
    },
    get openTasks() {
      return waiting.length + running;
    },
    get threads() {
      return living.size;
    },
    stop: () => pool.destroy(),
  };
}

/** Why a thread ended that was not told to. */
function whyLost(error: Error, { state }: ToolTask): Ending {
  if (readTaskState(state).printedTooMuch)
    return { kind: 'output', message: `the tool printed more than ${toolRunLimits.printedBytes} bytes` };
  if (errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY')
    return { kind: 'memory', message: 'the tool needed more memory than it may have' };
  return {
    kind: 'crashed',
    message: `the tool ended its thread: ${error.message}`.slice(0, toolRunLimits.messageChars),
  };
}
