/** Reads transcripts out of the embedded store, beside the primary, which writes them. */
import { open } from 'lmdb';
import type { TranscriptEntry } from './records.js';

export interface TranscriptLines {
  /** Lines before `before`, newest first. */
  newestFirst(sessionId: string, before: number): Iterable<TranscriptEntry>;
}

/** @param path of the store @throws Error when it cannot be read */
export function openTranscriptReader(path: string): TranscriptLines {
  const root = open({ path, maxDbs: 32, encoding: 'msgpack', readOnly: true });
  const transcripts = root.openDB<TranscriptEntry, [string, number]>({ name: 'transcripts' });
  return {
    newestFirst(sessionId, before) {
      // What was committed a moment ago is what this turn is about.
      root.resetReadTxn();
      const range = { start: [sessionId, before - 1], end: [sessionId, -1], reverse: true };
      return transcripts.getRange(range as never).map(({ value }) => value);
    },
  };
}
