/** Which images of a session its model is shown: the newest, of a bounded size, if it takes images at all. */
import { historyLimits } from '../../../shared/session-limits.js';
import type { ShowImage } from './history-line.js';
import type { TranscriptLines } from './known-lines.js';

/** Ask for the newest first. */
export function showImages(takesImages: boolean, transcripts: TranscriptLines): ShowImage {
  let images = 0;
  let bytes = 0;
  return (image) => {
    images += 1;
    bytes += image.bytes;
    if (!takesImages || images > historyLimits.images || bytes > historyLimits.imageBytes) return undefined;
    const data = transcripts.blob(image.blob)?.toString('base64');
    return data === undefined ? undefined : { mimeType: image.mimeType, data };
  };
}
