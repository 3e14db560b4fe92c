/**
 * Which blobs are in use: lines of transcripts and runs that wait name them in image blocks. Whoever writes such a thing
 * to the store tells it here, in the same transaction; at its end what nothing names any more goes.
 */
import type { Database } from 'lmdb';
import type { ImageBlock, RunRecord, TranscriptEntry } from '../../shared/store/records.js';
import { removeBlob, writeBlob, type BlobTable } from '../../shared/store/blob-table.js';

/** [blob, who names it] → '' */
export type BlobNames = Database<string, [string, string]>;

export interface NamedBlobs {
  /** Call at the beginning of a transaction: what one that failed had freed is not. */
  begin(): void;
  put(blob: string, bytes: Uint8Array): void;
  lineAdded(sessionId: string, index: number, line: TranscriptEntry): void;
  lineRemoved(sessionId: string, index: number, line: TranscriptEntry): void;
  runStored(run: RunRecord): void;
  /** Call at the end of a transaction. */
  sweep(): void;
}

export function createNamedBlobs(blobs: BlobTable, names: BlobNames): NamedBlobs {
  const freed = new Set<string>();
  const name = (owner: string, images: readonly ImageBlock[]): void => {
    for (const { blob } of images) void names.put([blob, owner], '');
  };
  const unname = (owner: string, images: readonly ImageBlock[]): void => {
    for (const { blob } of images) {
      void names.remove([blob, owner]);
      freed.add(blob);
    }
  };
  const isNamed = (blob: string): boolean =>
    names.getKeysCount({ start: [blob, ''], end: [blob, '\uFFFF'], limit: 1 }) > 0;
  return {
    begin: () => freed.clear(),
    put(blob, bytes) {
      if (!blobs.doesExist([blob, 0])) writeBlob(blobs, blob, bytes);
      freed.add(blob);
    },
    lineAdded: (sessionId, index, line) => name(`line:${sessionId}:${index}`, imagesIn(line)),
    lineRemoved: (sessionId, index, line) => unname(`line:${sessionId}:${index}`, imagesIn(line)),
    runStored({ runId, images = [], startedAt, end }) {
      // From its start on, its message is a line.
      const waits = startedAt === undefined && end === undefined;
      (waits ? name : unname)(`run:${runId}`, images);
    },
    sweep() {
      for (const blob of freed) if (!isNamed(blob)) removeBlob(blobs, blob);
    },
  };
}

interface StoredMessage {
  readonly content?: readonly (ImageBlock | { readonly type: string })[];
}

function imagesIn({ type, message }: TranscriptEntry): readonly ImageBlock[] {
  if (type !== 'message') return [];
  const { content = [] } = message as StoredMessage;
  return content.filter((block) => block.type === 'image' && 'blob' in block);
}
