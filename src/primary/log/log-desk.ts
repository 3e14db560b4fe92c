/** Reads the log for clients in a thread (methods.md §8): a megabyte of lines never holds up the event loop. */
import { logTailLimits } from '../../shared/log/limits.js';
import type { LogPlace } from '../../shared/log/log-place.js';
import type { Logger } from '../../shared/log/logger.js';
import type { TailRequest } from '../../shared/log/tail.js';
import { createSoloThread } from '../solo-thread.js';

export interface TailTask {
  readonly place: LogPlace;
  readonly request: TailRequest;
  /** What no line may show, whatever it showed when it was written. */
  readonly secrets: readonly string[];
  /** Instead of where the file is; undefined where that may be known. */
  readonly shownPath: string | undefined;
}

/** The payload as JSON text, or why there is none. */
export type TailAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly reason: string };

export interface LogDesk {
  /** The payload as JSON text. @throws Error when the log could not be read, or too many ask */
  tail(task: TailTask): Promise<string>;
  stop(): Promise<void>;
}

export function createLogDesk(log: Logger, script: URL = new URL('log-thread.js', import.meta.url)): LogDesk {
  const { taskMs, idleMs, waitingTasks } = logTailLimits;
  const thread = createSoloThread<TailTask, TailAnswer>({
    script,
    taskMs,
    idleMs,
    lost: ({ message }) => log.error('log.thread', `the thread for the log was lost: ${message}`),
  });
  return {
    async tail(task) {
      if (thread.waiting >= waitingTasks) throw new Error('too many ask for the log; try again shortly');
      const answer = await thread.run(task);
      if (!answer.ok) throw new Error(`the log cannot be read: ${answer.reason}`);
      return answer.payload;
    },
    stop: thread.stop,
  };
}
