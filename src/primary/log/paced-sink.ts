/**
 * Lines that come many at a time, a few in each turn of the event loop: a worker has what it may log in a second ready at once,
 * and each line costs the primary a look for secrets and two writes.
 */
import { logLimits } from '../../shared/log/limits.js';
import type { LogSink } from '../../shared/log/logger.js';

export interface PacedSink extends LogSink {
  /** Writes what waits, now. */
  flush(): void;
}

/** @param lost how many there was no room for, when there is again */
export function paceLines(sink: LogSink, lost: (lines: number) => void): PacedSink {
  let waiting: { readonly line: string; readonly level: number }[] = [];
  let next = 0;
  let dropped = 0;
  let scheduled = false;

  const take = (most: number): void => {
    for (const end = Math.min(waiting.length, next + most); next < end; next += 1) {
      const { line, level } = waiting[next] as (typeof waiting)[number];
      sink.write(line, level);
    }
    if (next < waiting.length) {
      // Of a flood that does not end, what has been written is not kept.
      if (next >= logLimits.waitingLines) {
        waiting = waiting.slice(next);
        next = 0;
      }
      return;
    }
    waiting = [];
    next = 0;
    if (dropped > 0) lost(dropped);
    dropped = 0;
  };
  const turn = (): void => {
    scheduled = false;
    take(logLimits.linesPerTurn);
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    setImmediate(turn);
  };
  return {
    write(line, level) {
      if (waiting.length - next >= logLimits.waitingLines) dropped += 1;
      else waiting.push({ line, level });
      schedule();
    },
    flush: () => take(Number.POSITIVE_INFINITY),
  };
}
