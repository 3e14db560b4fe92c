/**
 * What clients ask about the config file is done in a thread: files are read, parsed and checked there, and what comes
 * back is the answer's text. One task at a time, so that no two of them write at once.
 */
import { configLimits } from '../../shared/config/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import { createSoloThread } from '../solo-thread.js';
import type { ConfigAnswer, ConfigTask } from './config-tasks.js';

export interface ConfigDesk {
  /** Rejects when the task could not be done, or there are too many. */
  ask(task: ConfigTask): Promise<ConfigAnswer>;
  stop(): Promise<void>;
}

export function createConfigDesk(
  log: Logger,
  script: URL = new URL('config-thread.js', import.meta.url),
): ConfigDesk {
  const { taskMs, idleMs, waitingTasks } = configLimits;
  const thread = createSoloThread<ConfigTask, ConfigAnswer>({
    script,
    taskMs,
    idleMs,
    lost: ({ message }) => log.error('config.thread', `the thread for the config was lost: ${message}`),
  });
  let stopped = false;
  return {
    async ask(task) {
      if (stopped || thread.waiting >= waitingTasks)
        throw new Error('too much is asked about the config; try again shortly');
      try {
        return await thread.run(task);
      } catch (caught) {
        if (stopped) throw caught;
        throw new Error(`the config could not be worked on: ${toError(caught).message}`, { cause: caught });
      }
    },
    stop() {
      stopped = true;
      return thread.stop();
    },
  };
}
