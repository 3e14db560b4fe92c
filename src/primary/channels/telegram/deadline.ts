/** A signal for one call: that of whoever waits for it, or a time. Nothing of it stays with a signal that lives long. */

export interface Deadline {
  readonly signal: AbortSignal;
  /** The time was over first. */
  readonly isLate: boolean;
  /** The call has ended. */
  end(): void;
}

export function deadlineFor(waiting: AbortSignal, ms: number): Deadline {
  const either = new AbortController();
  let isLate = false;
  const giveUp = (): void => either.abort(waiting.reason);
  const timer = setTimeout(() => {
    isLate = true;
    either.abort();
  }, ms);
  if (waiting.aborted) giveUp();
  else waiting.addEventListener('abort', giveUp);
  return {
    signal: either.signal,
    get isLate() {
      return isLate;
    },
    end() {
      clearTimeout(timer);
      waiting.removeEventListener('abort', giveUp);
    },
  };
}
