/**
 * Reads sessions out of the embedded store beside the gateway that writes it. Nothing is held between two pages, so that
 * a slow reader never keeps the writer from using its pages again.
 */
import { join } from 'node:path';
import { open } from 'lmdb';
import { exportLimits } from '../../shared/session-limits.js';
import type { SessionEntry, SessionKey, TranscriptEntry } from '../../shared/store/records.js';
import { BLOBS, readBlob, type BlobTable } from '../../shared/store/blob-table.js';
import { TRANSCRIPT_STARTS } from '../../shared/store/transcript-reader.js';
import { giveFile } from '../../shared/private-file.js';
import { SessionGone, type SessionSource } from '../../shared/stored-sessions.js';
import { toError } from '../../shared/to-error.js';
import { checkStoreFile } from './check-file.js';
import { withImageData } from './image-data.js';
import { StoreError } from './store.js';
import { transcriptLength } from './transcript-places.js';

export interface SessionReader extends SessionSource {
  close(): Promise<void>;
}

/** @throws StoreError when there is no store, or it cannot be read */
export function openSessionReader(path: string): SessionReader {
  const { root, sessions, transcripts, starts, blobs } = openTables(path);
  const blob = (name: string): Buffer | undefined => blobs && readBlob(blobs, name);
  return {
    count: () => (sessions?.getStats() as { entryCount: number } | undefined)?.entryCount ?? 0,
    async *each() {
      for (const key of sessions ? Array.from(sessions.getKeys()) : []) {
        root.resetReadTxn();
        const entry = sessions?.get(key);
        if (!entry) continue; // deleted meanwhile
        // Lines are never changed: who knows now how many there are reads them as they are now.
        const end = transcripts ? transcriptLength({ transcripts }, entry.sessionId) : 0;
        const start = starts?.get(entry.sessionId) ?? 1;
        yield { key, entry, pages: pages(entry.sessionId, start, end) };
      }
    },
    close: () => root.close(),
  };

  /** The transcript's own line, and those that have not been trimmed away. */
  async function* pages(sessionId: string, start: number, end: number): AsyncIterable<TranscriptEntry[]> {
    if (end === 0) return;
    yield page(sessionId, 0, 1);
    for (let from = start; from < end; from += exportLimits.pageLines) {
      yield page(sessionId, from, Math.min(end, from + exportLimits.pageLines));
    }
  }

  function page(sessionId: string, from: number, to: number): TranscriptEntry[] {
    root.resetReadTxn();
    const range = { start: [sessionId, from] as [string, number], end: [sessionId, to] as [string, number] };
    const lines = Array.from(transcripts?.getRange(range) ?? [], ({ value }) => value);
    if (lines.length === to - from) return lines.map((line) => withImageData(line, blob));
    throw new SessionGone();
  }
}

/** A table is missing when nothing has been put into it yet. */
function openTables(path: string) {
  try {
    checkStoreFile(join(path, 'data.mdb'));
    const root = open({ path, maxDbs: 32, encoding: 'msgpack', readOnly: true });
    // It makes the file where there is none, as in a store that was put back from a backup.
    giveFile(join(path, 'lock.mdb'));
    return {
      root,
      sessions: optional(root.openDB<SessionEntry, SessionKey>({ name: 'sessions' })),
      transcripts: optional(root.openDB<TranscriptEntry, [string, number]>({ name: 'transcripts' })),
      starts: optional(root.openDB<number, string>({ name: TRANSCRIPT_STARTS })),
      blobs: optional<BlobTable>(root.openDB({ name: BLOBS, encoding: 'binary' })),
    };
  } catch (caught) {
    const error = toError(caught);
    throw new StoreError(`cannot read the store ${path}: ${error.message}`, error);
  }
}

/** What the library's types do not say: a store that is only read has no tables made for it. */
function optional<T>(table: T): T | undefined {
  return table;
}
