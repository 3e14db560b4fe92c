/**
 * Reads lines of transcripts a few at a time. Each may be as long as a message, so that whoever reads many lets other
 * work of the event loop have its turn; lines of usual length are read within one.
 */
import { setImmediate as pause } from 'node:timers/promises';
import { readingLimits } from '../../shared/session-limits.js';
import type { StoredEntry, TranscriptReader } from '../store/store.js';

/** Waits for other work to have its turn, where the caller's own has taken a while. */
export type Breather = () => Promise<void>;

export function createBreather(): Breather {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < readingLimits.turnMs) return;
    await pause();
    since = performance.now();
  };
}

/** Lines `from` (included) to `to` (excluded), the last one first, as long as they are asked for. */
export async function* linesBackwards(
  transcripts: Pick<TranscriptReader, 'read'>,
  sessionId: string,
  from: number,
  to: number,
): AsyncGenerator<StoredEntry, undefined> {
  const breathe = createBreather();
  // Few at first: often the last one is all that is asked for.
  let lines = 1;
  for (let end = to; end > from;) {
    const start = Math.max(from, end - lines);
    yield* (await transcripts.read(sessionId, start, end)).toReversed();
    await breathe();
    end = start;
    lines = Math.min(lines * 2, readingLimits.lines);
  }
}
