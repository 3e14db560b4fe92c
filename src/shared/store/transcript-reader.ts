/** Reads transcripts out of the embedded store, beside the primary, which writes them. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { BLOBS, readBlob, type BlobTable } from './blob-table.js';
import { watchMappedLock } from './mapped-lock.js';
import type { TranscriptEntry } from './records.js';

/** Table of what `trim` says of transcripts (`primary/store/store.ts`). */
export const TRANSCRIPT_STARTS = 'transcript-starts';

export interface TranscriptReader {
  /** As it is now: to be read in this turn of the event loop. */
  view(sessionId: string): TranscriptView;
  /** Bytes of an image that a line names; undefined when they are gone. */
  blob(name: string): Buffer | undefined;
}

export interface TranscriptView {
  /** Place of the first line that has not been trimmed away. */
  readonly start: number;
  /** Lines `from` (included) to `before` (excluded), newest first. */
  newestFirst(from: number, before: number): Iterable<TranscriptEntry>;
}

/**
 * Where nobody can be told that it reads, lmdb reads all the same, and for good; meanwhile the primary may use its pages
 * again. So it is not opened then.
 *
 * @param path of the store
 * @throws Error when it cannot be read
 */
export function openForReading(path: string): RootDatabase {
  accessSync(join(path, 'lock.mdb'), constants.W_OK);
  const root = open({ path, maxDbs: 32, encoding: 'msgpack', readOnly: true });
  const checkLock = watchMappedLock(path);
  const reset = root.resetReadTxn.bind(root);
  // Every reader begins with it.
  root.resetReadTxn = () => {
    checkLock();
    reset();
  };
  return root;
}

export function readTranscripts(root: RootDatabase): TranscriptReader {
  const transcripts = root.openDB<TranscriptEntry, [string, number]>({ name: 'transcripts' });
  const starts = root.openDB<number, string>({ name: TRANSCRIPT_STARTS });
  const blobs: BlobTable = root.openDB({ name: BLOBS, encoding: 'binary' });
  return {
    view(sessionId) {
      // What was committed a moment ago is what this turn is about.
      root.resetReadTxn();
      return {
        start: starts.get(sessionId) ?? 1,
        newestFirst(from, before) {
          // The end of a range is not in it.
          const range = { start: [sessionId, before - 1], end: [sessionId, from - 1], reverse: true };
          return transcripts.getRange(range as never).map(({ value }) => value);
        },
      };
    },
    blob: (name) => readBlob(blobs, name),
  };
}
