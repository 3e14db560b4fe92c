/** Waits for work no longer than it may take. What it does afterwards is its own affair. */
import { SecretFailure } from './failure.js';

/** @throws SecretFailure when the time is over or the signal came, and what `work` throws */
export async function withDeadline<T>(
  timeoutMs: number,
  signal: AbortSignal,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new SecretFailure('ABORTED', `${what} was stopped`));
    timer = setTimeout(
      () => reject(new SecretFailure('TIMEOUT', `${what} took more than ${timeoutMs} ms`)),
      timeoutMs,
    );
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
    if (stop) signal.removeEventListener('abort', stop);
  }
}
