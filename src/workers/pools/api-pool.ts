/**
 * The process's side of the api threads. A task's way:
 *
 *   waiting ──room, end of this turn──▶ sent (in a batch, to one thread) ──answer or end──▶ done
 *      └── queue full: refused              └── its thread died ──▶ failed
 *
 * Each task's receiver hears exactly one of `answer`, `end`, `prepared`, `failed`.
 */
import { createAnswerer, type Answerer, type Answers } from '../../shared/asking.js';
import { ApiError } from '../../shared/errors/api-error.js';
import { threadLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { SharedRouteTable } from '../../shared/routes.js';
import type { SharedToolTable } from '../../shared/tools/table.js';
import type { ToolContent } from '../../shared/tools/tool-call.js';
import { SlotTable } from '../../shared/slot-table.js';
import {
  largeBodyOf,
  type ApiAnswer,
  type ApiTask,
  type PreparedRun,
  type TaskId,
  type TaskPart,
  type TaskSummary,
  type ThreadQuestions,
  type ToolQuestion,
} from '../threads/protocol.js';
import { decodePart } from '../threads/wire.js';
import { createApiThreads, type ApiThread } from './api-threads.js';

/** A task as its owner makes it; the pool numbers it. */
export type NewTask = WithoutId<ApiTask>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Takes what a task gives back, in order. */
export interface TaskReceiver {
  answer(answer: ApiAnswer, summary: TaskSummary): void;
  /** Of a request that is to run on a session: nothing follows. */
  prepared(run: PreparedRun, summary: TaskSummary): void;
  head(): void;
  data(text: string): void;
  /** For the client of a task on a session; the last are to wait for the run's end. */
  bytes(text: string, last: boolean): void;
  /** Of a task on a session. */
  event(json: string): void;
  /** A tool that the task has called is not done, and has this so far. */
  toolUpdate(call: ToolQuestion, partial: readonly ToolContent[]): void;
  end(summary: TaskSummary): void;
  /** `overloaded`: the queue is full. `internal`: the thread died. */
  failed(error: ApiError): void;
}

/** What tasks of one version of the config use. */
export interface TaskUses {
  readonly routes: SharedRouteTable;
  /** As they are when a task leaves for its thread; undefined when there are none. */
  tools(): SharedToolTable | undefined;
  /** Who answers what tasks ask. */
  readonly answers: Answers<ThreadQuestions, TaskReceiver>;
}

/** The pool, for tasks that use one version. */
export interface TaskPool {
  /** Gives the task's number; the receiver may have heard `failed` by then. */
  run(task: NewTask, receiver: TaskReceiver): TaskId;
  /**
   * The client is gone: the task should end and cancel what it waits for. True when no thread had it yet: its receiver
   * hears nothing any more.
   */
  abort(id: TaskId): boolean;
  /** The client's socket is full, or has room again. */
  pause(id: TaskId): void;
  resume(id: TaskId): void;
}

export interface ApiPool {
  for(uses: TaskUses): TaskPool;
  readonly queueDepth: number;
  readonly openTasks: number;
  stop(): Promise<void>;
}

interface OpenTask {
  readonly receiver: TaskReceiver;
  readonly uses: TaskUses;
  /** Who has it; undefined while it waits. */
  thread: ApiThread | undefined;
  /** Since it first asked something. */
  answerer: Answerer<ThreadQuestions> | undefined;
}

interface WaitingTask {
  readonly task: ApiTask;
  readonly uses: TaskUses;
}

export interface ApiPoolOptions {
  readonly threads: number;
  /** Tasks that may wait when every thread has all it may have. */
  readonly maxQueue: number;
  readonly testHooks: boolean;
  readonly rawStream?: string | undefined;
  readonly log: Logger;
}

export function createApiPool(options: ApiPoolOptions): ApiPool {
  const { threads, log } = options;
  const room = threads * threadLimits.concurrentTasks;
  const open = new SlotTable<TaskId, OpenTask>();
  let waiting: WaitingTask[] = [];
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      flush();
    });
  };
  const roomLeft = (): number => Math.max(0, room - (open.size - waiting.length));
  /** Everything that waits, as far as there is room, in as many batches as there are threads; a batch uses one version. */
  const flush = (): void => {
    const going = waiting.splice(0, roomLeft());
    const size = Math.ceil(going.length / threads);
    for (let at = 0, end = 0; at < going.length; at = end) {
      const { uses } = going[at] as WaitingTask;
      const other = going.findIndex((one, n) => n > at && one.uses !== uses);
      end = Math.min(at + size, other < 0 ? going.length : other);
      send(
        uses,
        going.slice(at, end).map(({ task }) => task),
      );
    }
  };
  const send = ({ routes, tools }: TaskUses, tasks: readonly ApiTask[]): void => {
    const { testHooks } = options;
    const thread = apiThreads.next();
    for (const { id } of tasks) {
      const task = open.get(id);
      if (task) task.thread = thread;
    }
    thread.tasks += tasks.length;
    const large = tasks.flatMap((task) => largeBodyOf(task) ?? []);
    thread.post({ type: 'batch', routes, tools: tools(), testHooks, tasks }, large);
  };
  const take = (id: TaskId): TaskReceiver | undefined => {
    const task = open.delete(id);
    if (waiting.length > 0) schedule();
    if (task?.thread) task.thread.tasks -= 1;
    task?.answerer?.lost();
    return task?.receiver;
  };
  const asked = ({ id, message }: Extract<TaskPart, { type: 'ask' }>): void => {
    const task = open.get(id);
    if (!task) return;
    task.answerer ??= createAnswerer(task.uses.answers, task.receiver, (answer) =>
      task.thread?.post({ type: 'answer', id, message: answer }),
    );
    task.answerer.received(message);
  };
  const failed = ({ id, cause }: Extract<TaskPart, { type: 'failed' }>): void => {
    const receiver = take(id);
    if (!receiver) return;
    log.error('pool.task-failed', `a task of an api thread failed: ${cause}`);
    receiver.failed(new ApiError('internal', { cause }));
  };
  const deliver = (part: TaskPart): void => {
    if (part.type === 'head') open.get(part.id)?.receiver.head();
    else if (part.type === 'data') open.get(part.id)?.receiver.data(part.text);
    else if (part.type === 'bytes') open.get(part.id)?.receiver.bytes(part.text, part.last);
    else if (part.type === 'event') open.get(part.id)?.receiver.event(part.json);
    else if (part.type === 'ask') asked(part);
    else if (part.type === 'answer') take(part.id)?.answer(part.answer, part.summary);
    else if (part.type === 'end') take(part.id)?.end(part.summary);
    else if (part.type === 'failed') failed(part);
    else take(part.id)?.prepared(part.run, part.summary);
  };

  const apiThreads = createApiThreads({
    count: threads,
    rawStream: options.rawStream,
    log,
    received: (parts) => parts.forEach((part) => deliver(decodePart(part))),
    lost(thread, { message }) {
      const lost: TaskId[] = [];
      open.forEach((task, id) => task.thread === thread && lost.push(id));
      log.error('pool.thread-lost', `an api thread ended with ${lost.length} open tasks: ${message}`);
      const error = new ApiError('internal', { cause: message });
      for (const id of lost) take(id)?.failed(error);
    },
  });
  const tell = (type: 'abort' | 'pause' | 'resume', id: TaskId): void =>
    open.get(id)?.thread?.post({ type, id });
  const run = (uses: TaskUses, task: NewTask, receiver: TaskReceiver): TaskId => {
    const full = waiting.length >= options.maxQueue + roomLeft();
    const id = open.add({ receiver, uses, thread: undefined, answerer: undefined });
    if (full) {
      take(id)?.failed(new ApiError('overloaded', { retryAfter: String(threadLimits.retryAfterSeconds) }));
    } else {
      waiting.push({ task: { ...task, id }, uses });
      // A full batch goes at once: its thread starts while the rest of this turn's requests are read.
      if (waiting.length >= threadLimits.batch) flush();
      else schedule();
    }
    return id;
  };
  const abort = (id: TaskId): boolean => {
    const task = open.get(id);
    if (!task) return false;
    const before = waiting.length;
    waiting = waiting.filter((one) => one.task.id !== id);
    if (waiting.length < before) {
      open.delete(id);
      return true;
    }
    tell('abort', id);
    return false;
  };
  return {
    for: (uses) => ({
      run: (task, receiver) => run(uses, task, receiver),
      abort,
      pause: (id) => tell('pause', id),
      resume: (id) => tell('resume', id),
    }),
    get queueDepth() {
      return waiting.length;
    },
    get openTasks() {
      return open.size;
    },
    stop: apiThreads.stop,
  };
}
