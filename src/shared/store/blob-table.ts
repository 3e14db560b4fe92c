/** Blobs of the embedded store: in pieces, so that none needs one long run of free pages in the file. */
import type { Database } from 'lmdb';

export const BLOBS = 'blobs';

/** [name, n] → the nth piece. */
export type BlobTable = Database<Buffer, [string, number]>;

const PIECE_BYTES = 64 * 1024;

/** Within a transaction. */
export function writeBlob(table: BlobTable, name: string, bytes: Uint8Array): void {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0, n = 0; at < whole.length; at += PIECE_BYTES, n += 1)
    void table.put([name, n], whole.subarray(at, at + PIECE_BYTES));
}

export function readBlob(table: BlobTable, name: string): Buffer | undefined {
  const pieces = Array.from(table.getRange(allOf(name)), ({ value }) => value);
  return pieces.length > 0 ? Buffer.concat(pieces) : undefined;
}

/** Within a transaction. */
export function removeBlob(table: BlobTable, name: string): void {
  const keys = Array.from(table.getKeys(allOf(name)));
  for (const key of keys) void table.remove(key);
}

function allOf(name: string): { readonly start: [string, number]; readonly end: [string, number] } {
  return { start: [name, 0], end: [name, Number.MAX_SAFE_INTEGER] };
}
