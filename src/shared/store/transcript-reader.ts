/** Reads transcripts out of the embedded store, beside the primary, which writes them. */
import { open } from 'lmdb';
import type { TranscriptEntry } from './records.js';

/** Table of what `trim` says of transcripts (`primary/store/store.ts`). */
export const TRANSCRIPT_STARTS = 'transcript-starts';

export interface TranscriptLines {
  /** Lines before `before`, newest first, that have not been trimmed away. */
  newestFirst(sessionId: string, before: number): Iterable<TranscriptEntry>;
}

/** @param path of the store @throws Error when it cannot be read */
export function openTranscriptReader(path: string): TranscriptLines {
  const root = open({ path, maxDbs: 32, encoding: 'msgpack', readOnly: true });
  const transcripts = root.openDB<TranscriptEntry, [string, number]>({ name: 'transcripts' });
  const starts = root.openDB<number, string>({ name: TRANSCRIPT_STARTS });
  return {
    newestFirst(sessionId, before) {
      // What was committed a moment ago is what this turn is about.
      root.resetReadTxn();
      // The end of a range is not in it.
      const end = (starts.get(sessionId) ?? 1) - 1;
      const range = { start: [sessionId, before - 1], end: [sessionId, end], reverse: true };
      return transcripts.getRange(range as never).map(({ value }) => value);
    },
  };
}
