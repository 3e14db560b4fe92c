/**
 * What clients ask about the config file is done in a thread: files are read, parsed and checked there, and what comes
 * back is the answer's text. One task at a time, so that no two of them write at once.
 *
 *   none ──a task──▶ at work ◀──next / done──▶ idle ──a while──▶ none
 *     ▲                  │
 *     └── died, too slow ┘  its task fails; the next one gets a new thread
 */
import { Worker } from 'node:worker_threads';
import { deferred, type Deferred } from '../../shared/deferred.js';
import { configLimits } from '../../shared/config/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { ConfigAnswer, ConfigTask } from './config-tasks.js';

export interface ConfigDesk {
  /** Rejects when the task could not be done, or there are too many. */
  ask(task: ConfigTask): Promise<ConfigAnswer>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly task: ConfigTask;
  readonly answer: Deferred<ConfigAnswer>;
}

export function createConfigDesk(
  log: Logger,
  script: URL = new URL('config-thread.js', import.meta.url),
): ConfigDesk {
  const waiting: Waiting[] = [];
  let current: Waiting | undefined;
  let thread: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const next = (): void => {
    clearTimeout(timer);
    current = waiting.shift();
    if (current) {
      thread ??= start();
      thread.postMessage(current.task);
      const { taskMs } = configLimits;
      timer = setTimeout(() => lost(new Error(`not done after ${taskMs} ms`)), taskMs);
    } else {
      timer = setTimeout(() => void end(), configLimits.idleMs);
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
      whileInUse((answer: ConfigAnswer) => {
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
    log.error('config.thread', `the thread for the config was lost: ${error.message}`);
    void end();
    current?.answer.reject(new Error(`the config could not be worked on: ${error.message}`));
    next();
  };
  const end = async (): Promise<void> => {
    const ended = thread;
    thread = undefined;
    await ended?.terminate();
  };
  const refuse = ({ answer }: Waiting): void => answer.reject(new Error('the gateway is stopping'));

  return {
    ask(task) {
      if (stopped || waiting.length >= configLimits.waitingTasks)
        return Promise.reject(new Error('too much is asked about the config; try again shortly'));
      const asked = { task, answer: deferred<ConfigAnswer>() };
      waiting.push(asked);
      if (!current) next();
      return asked.answer.promise;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      waiting.splice(0).forEach(refuse);
      if (current) refuse(current);
      current = undefined;
      await end();
    },
  };
}
