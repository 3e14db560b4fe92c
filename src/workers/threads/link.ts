/**
 * The thread's end of its port: collects what tasks produce and sends it once per turn of the event loop; tells
 * each task when it is to pause, go on or give up.
 */
import type { MessagePort } from 'node:worker_threads';
import { createAsker, type Asker, type AskOptions } from '../../shared/asking.js';
import { askLimits, threadLimits } from '../../shared/limits.js';
import { slotOf } from '../../shared/slot-table.js';
import type {
  ApiAnswer,
  ApiBatch,
  FromThread,
  PreparedRun,
  TaskId,
  TaskPart,
  TaskSummary,
  ThreadQuestions,
  ToTask,
  ToThread,
} from './protocol.js';
import { encodePart } from './wire.js';

export interface Link {
  open(id: TaskId): TaskLink;
}

type Send = (part: TaskPart) => void;

/** @param begin called with each batch of tasks, which it opens */
export function createLink(port: MessagePort, begin: (batch: ApiBatch, link: Link) => void): void {
  /** By the slots of the pool's table, in which a task's number is unique. */
  const tasks: (TaskLink | undefined)[] = [];
  const forget = (id: TaskId): void => void (tasks[slotOf(id)] = undefined);
  const send = createOutbox((parts) => port.postMessage(parts.map(encodePart) satisfies FromThread));
  const link: Link = {
    open: (id) => (tasks[slotOf(id)] = new TaskLink(id, send, forget)),
  };
  port.on('message', (message: ToThread) => {
    if (message.type === 'batch') {
      begin(message, link);
      return;
    }
    const task = tasks[slotOf(message.id)];
    if (task?.id === message.id) task.told(message);
  });
}

function createOutbox(post: (parts: readonly TaskPart[]) => void): Send {
  let parts: TaskPart[] = [];
  const flush = (): void => {
    if (parts.length === 0) return;
    const batch = parts;
    parts = [];
    post(batch);
  };
  return (part) => {
    const last = parts.at(-1);
    if (part.type === 'data' && last?.type === 'data' && last.id === part.id) {
      parts[parts.length - 1] = { id: part.id, type: 'data', text: last.text + part.text };
      return;
    }
    const count = parts.push(part);
    if (count >= threadLimits.batch) flush();
    else if (count === 1) setImmediate(flush);
  };
}

/** A task's view of the link: what it gives back, and what it is told. */
export class TaskLink {
  readonly id: TaskId;
  readonly #send: Send;
  readonly #forget: (id: TaskId) => void;
  #onAbort: (() => void) | undefined;
  #onPause: ((paused: boolean) => void) | undefined;
  #asker: Asker<ThreadQuestions> | undefined;
  /** The client is gone. */
  aborted = false;
  /** The client's socket is full. */
  paused = false;

  constructor(id: TaskId, send: Send, forget: (id: TaskId) => void) {
    this.id = id;
    this.#send = send;
    this.#forget = forget;
  }

  /** The whole answer; ends the task. */
  answer(answer: ApiAnswer, summary: TaskSummary): void {
    this.#forget(this.id);
    this.#send({ id: this.id, type: 'answer', answer, summary });
  }

  /** Starts a stream: its head goes out. */
  head(): void {
    this.#send({ id: this.id, type: 'head' });
  }

  data(text: string): void {
    if (text !== '') this.#send({ id: this.id, type: 'data', text });
  }

  /** For the client of a task on a session; `last`: it goes out when the run's end is stored. */
  bytes(text: string, last: boolean): void {
    if (text !== '') this.#send({ id: this.id, type: 'bytes', text, last });
  }

  /** The request is to run on a session; ends the task. */
  prepared(run: PreparedRun, summary: TaskSummary): void {
    this.#forget(this.id);
    this.#send({ id: this.id, type: 'prepared', run, summary });
  }

  event(json: string): void {
    this.#send({ id: this.id, type: 'event', json });
  }

  /** Asks the process. @throws Unanswered */
  ask<N extends keyof ThreadQuestions>(
    name: N,
    question: ThreadQuestions[N]['question'],
    options: AskOptions,
  ): Promise<ThreadQuestions[N]['answer']> {
    this.#asker ??= createAsker<ThreadQuestions>(
      (message) => this.#send({ id: this.id, type: 'ask', message }),
      askLimits.openPerTask,
    );
    return this.#asker.ask(name, question, options);
  }

  /** Ends a stream, and the task. */
  end(summary: TaskSummary): void {
    this.#forget(this.id);
    this.#send({ id: this.id, type: 'end', summary });
  }

  /** Ends the task. */
  failed(error: Error): void {
    this.#forget(this.id);
    this.#send({ id: this.id, type: 'failed', cause: error.message });
  }

  /** One listener; called at once when the client is gone already. */
  onAbort(listener: () => void): void {
    this.#onAbort = listener;
    if (this.aborted) listener();
  }

  /** One listener, told of every change. */
  onPause(listener: (paused: boolean) => void): void {
    this.#onPause = listener;
  }

  told(what: ToTask): void {
    if (what.type === 'answer') {
      this.#asker?.received(what.message);
    } else if (what.type === 'abort') {
      this.aborted = true;
      this.#onAbort?.();
    } else {
      this.paused = what.type === 'pause';
      this.#onPause?.(this.paused);
    }
  }
}
