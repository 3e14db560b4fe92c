/**
 * Images of a line in a file and in the store (runs-and-events.md §8): in a file their bytes are in the line, as base64 in
 * `data`; in the store a line only names them.
 */
import { createHash } from 'node:crypto';
import type { TranscriptEntry } from '../../shared/store/records.js';
import type { Change } from './store.js';

interface Block {
  readonly type: string;
  readonly data?: unknown;
  readonly blob?: unknown;
}

/** As a file has it. An image whose bytes are gone stays named. */
export function withImageData(
  line: TranscriptEntry,
  read: (blob: string) => Uint8Array | undefined,
): TranscriptEntry {
  return withBlocks(line, (block) => {
    const { bytes: _bytes, blob, ...rest } = block as Block & { readonly bytes?: number };
    const found = typeof blob === 'string' ? read(blob) : undefined;
    return found ? { ...rest, data: Buffer.from(found).toString('base64') } : block;
  });
}

/** As the store has it, and what has to be stored with it. */
export function withoutImageData(line: TranscriptEntry): {
  readonly line: TranscriptEntry;
  readonly blobs: readonly Change[];
} {
  const blobs: Change[] = [];
  const named = withBlocks(line, (block) => {
    const { data, ...rest } = block;
    if (typeof data !== 'string') return block;
    const bytes = Buffer.from(data, 'base64');
    const blob = createHash('sha256').update(bytes).digest('hex');
    blobs.push({ type: 'blob', blob, bytes });
    return { ...rest, bytes: bytes.length, blob };
  });
  return { line: named, blobs };
}

function withBlocks(line: TranscriptEntry, change: (image: Block) => object): TranscriptEntry {
  if (line.type !== 'message') return line;
  const message = line.message as { readonly content?: readonly Block[] };
  if (!message.content?.some(({ type }) => type === 'image')) return line;
  const content = message.content.map((block) => (block.type === 'image' ? change(block) : block));
  return { ...line, message: { ...message, content } };
}
