/**
 * Transcripts as a thread reads them. The lines of the sessions used last are kept, so that a session's next turn reads
 * and decodes only what was added since: lines never change.
 */
import { historyLimits } from '../../../shared/session-limits.js';
import type { TranscriptEntry } from '../../../shared/store/records.js';
import type { TranscriptReader } from '../../../shared/store/transcript-reader.js';
import { historyLine, type HistoryLine } from './history-line.js';

export interface TranscriptLines {
  /** Lines before `before`, newest first, that have not been trimmed away; to be read in this turn of the event loop. */
  newestFirst(sessionId: string, before: number): Iterable<HistoryLine>;
  /** Bytes of an image that such a line names; undefined when they are gone. */
  blob(name: string): Buffer | undefined;
}

export interface KeptLimits {
  /** Of all kept lines. */
  readonly keptChars: number;
  /** What a line counts besides its text. */
  readonly lineChars: number;
}

/** Newest lines of one transcript, without a gap. */
interface Kept {
  /** Where the transcript began then: all is read anew when that has changed. */
  readonly start: number;
  /** Place after the newest. */
  readonly before: number;
  readonly newestFirst: readonly HistoryLine[];
  readonly chars: number;
}

export function createKnownLines(
  reader: TranscriptReader,
  limits: KeptLimits = historyLimits,
): TranscriptLines {
  /** The ones used last are at the end. */
  const kept = new Map<string, Kept>();
  let keptChars = 0;

  const forget = (sessionId: string): void => {
    keptChars -= kept.get(sessionId)?.chars ?? 0;
    kept.delete(sessionId);
  };
  const keep = (sessionId: string, lines: Kept): void => {
    forget(sessionId);
    kept.set(sessionId, lines);
    keptChars += lines.chars;
    for (const oldest of kept.keys()) {
      if (keptChars <= limits.keptChars) return;
      forget(oldest);
    }
  };
  function* made(lines: Iterable<TranscriptEntry>): Generator<HistoryLine, undefined> {
    for (const line of lines) yield historyLine(line);
  }
  return {
    blob: reader.blob,
    *newestFirst(sessionId, before) {
      const { start, newestFirst } = reader.view(sessionId);
      const last = kept.get(sessionId);
      const known = last?.start === start && last.before <= before ? last : undefined;
      const { before: from = start, newestFirst: older = [] } = known ?? {};
      const newer = made(newestFirst(from, before));
      const oldest = made(newestFirst(start, from - older.length));
      const read: HistoryLine[] = [];
      let chars = 0;
      try {
        for (const part of [newer, older, oldest]) {
          for (const one of part) {
            read.push(one);
            chars += limits.lineChars + one.chars;
            yield one;
          }
        }
      } finally {
        keep(sessionId, { start, before, newestFirst: read, chars });
      }
    },
  };
}
