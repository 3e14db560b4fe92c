/** An image as it comes with a message, before it is stored. */
import type { ImageBlock } from '../../shared/store/records.js';
import type { Change } from '../store/store.js';

export interface SentImage {
  readonly mimeType: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, in hex. */
  readonly blob: string;
}

/** What stands for it in records and lines. */
export function imageBlock({ mimeType, bytes, blob }: SentImage): ImageBlock {
  return { type: 'image', mimeType, bytes: bytes.byteLength, blob };
}

/** What stores it, together with something that has its block. */
export function blobChange({ blob, bytes }: SentImage): Change {
  return { type: 'blob', blob, bytes };
}
