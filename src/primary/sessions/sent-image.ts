/** What stands for a message's image in the store. */
import type { SentImage } from '../../shared/media/sent-image.js';
import type { ImageBlock } from '../../shared/store/records.js';
import type { Change } from '../store/store.js';

/** What stands for it in records and lines. */
export function imageBlock({ mimeType, bytes, blob }: SentImage): ImageBlock {
  return { type: 'image', mimeType, bytes: bytes.byteLength, blob };
}

/** What stores it, together with something that has its block. */
export function blobChange({ blob, bytes }: SentImage): Change {
  return { type: 'blob', blob, bytes };
}
