/**
 * For records that strangers can cause at will: so many of a kind in each span of time, and then how many there
 * were beside them. The kinds must be few.
 */
import { logLimits } from './limits.js';

export interface RepeatLimit<Kind extends string> {
  /** Counts one; false when it should not be logged. */
  admit(kind: Kind): boolean;
  /** Tells what has not been told yet and begins anew; call before the end. */
  flush(): void;
}

/** `told` gets, when the time is over, how many of a kind were not admitted; never zero. */
export function limitRepeats<Kind extends string>(
  told: (kind: Kind, more: number) => void,
  windowMs: number = logLimits.repeatWindowMs,
): RepeatLimit<Kind> {
  const counts = new Map<Kind, number>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const seen = [...counts];
    counts.clear();
    for (const [kind, count] of seen) if (count > logLimits.repeats) told(kind, count - logLimits.repeats);
  };
  return {
    admit(kind) {
      timer ??= setTimeout(flush, windowMs).unref();
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      return count <= logLimits.repeats;
    },
    flush,
  };
}
