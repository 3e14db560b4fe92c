/** What a network's code is asked for, for a bounded time: its promise may hang, and it may throw before it gives one. */
import { toError } from '../../../shared/to-error.js';
import { accountLimits } from '../limits.js';

/** There was no answer in time. */
export class Overdue extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms / 1_000} s`);
    this.name = 'Overdue';
  }
}

/**
 * The task's signal is aborted when the time is over, and when the caller's is: then it has a moment to say how far it
 * came. @throws Overdue, or what the task throws
 */
export function within<T>(
  ms: number,
  task: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const own = new AbortController();
    let timer: NodeJS.Timeout;
    const giveUp = (): void => {
      own.abort();
      settle(() => reject(new Overdue(ms)));
    };
    const hurry = (): void => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, accountLimits.graceMs).unref();
      own.abort();
    };
    const settle = (say: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', hurry);
      say();
    };
    timer = setTimeout(giveUp, ms).unref();
    if (signal?.aborted) hurry();
    else signal?.addEventListener('abort', hurry, { once: true });
    try {
      task(own.signal).then(
        (value) => settle(() => resolve(value)),
        (caught: unknown) => settle(() => reject(toError(caught))),
      );
    } catch (caught) {
      settle(() => reject(toError(caught)));
    }
  });
}
