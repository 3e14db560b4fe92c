/**
 * A thread for work that would hold up the event loop, started when there is some. It has one task at a time: nothing but
 * that one is lost with it.
 *
 *   none ──a task──▶ at work ◀──next / done──▶ idle ──a while──▶ none
 *     ▲                  │
 *     └── died, too slow ┘  its task fails; the next one gets a new thread
 */
import { Worker, type TransferListItem } from 'node:worker_threads';
import { deferred, type Deferred } from '../shared/deferred.js';

export interface SoloThread<Task, Answer> {
  /** Of tasks that nobody has begun. */
  readonly waiting: number;
  /** Rejects when the thread is lost at it, or stopped. */
  run(task: Task): Promise<Answer>;
  /** No more tasks may come after it. */
  stop(): Promise<void>;
}

export interface SoloThreadOptions<Task> {
  readonly script: URL;
  /** A task that takes longer loses the thread. */
  readonly taskMs: number;
  /** So long it waits for the next task. */
  readonly idleMs: number;
  /** A task is about to be begun. @returns what of it is given away to the thread */
  begins?(task: Task): readonly TransferListItem[];
  /** The thread is gone; said before its task fails. */
  lost(error: Error): void;
}

interface Job<Task, Answer> {
  readonly task: Task;
  readonly answer: Deferred<Answer>;
}

export function createSoloThread<Task, Answer>({
  script,
  taskMs,
  idleMs,
  begins = () => [],
  lost: tellLost,
}: SoloThreadOptions<Task>): SoloThread<Task, Answer> {
  const waiting: Job<Task, Answer>[] = [];
  let current: Job<Task, Answer> | undefined;
  let thread: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;

  const next = (): void => {
    clearTimeout(timer);
    current = waiting.shift();
    if (current) {
      thread ??= start();
      thread.postMessage(current.task, begins(current.task));
      timer = setTimeout(() => lost(new Error(`not done after ${taskMs} ms`)), taskMs);
    } else {
      timer = setTimeout(() => void end(), idleMs);
    }
    timer.unref();
  };
  const start = (): Worker => {
    const started = new Worker(script, { env: {} });
    const whileInUse =
      <T>(then: (value: T) => void) =>
      (value: T): void => {
        if (thread === started) then(value);
      };
    started.on(
      'message',
      whileInUse((answer: Answer) => {
        current?.answer.resolve(answer);
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
    tellLost(error);
    void end();
    current?.answer.reject(error);
    next();
  };
  const end = async (): Promise<void> => {
    const ended = thread;
    thread = undefined;
    await ended?.terminate();
  };

  return {
    get waiting() {
      return waiting.length;
    },
    run(task) {
      const job = { task, answer: deferred<Answer>() };
      waiting.push(job);
      if (!current) next();
      return job.answer.promise;
    },
    async stop() {
      clearTimeout(timer);
      const stopping = new Error('the gateway is stopping');
      for (const { answer } of waiting.splice(0)) answer.reject(stopping);
      current?.answer.reject(stopping);
      current = undefined;
      await end();
    },
  };
}
