/** What came with a message: images that a model can see, and a line about each of the others. */
import { inboundLimits } from '../../../shared/channels/message-limits.js';
import { controlLimits } from '../../../shared/limits.js';
import { imageTypes } from '../../../shared/media/image-type.js';
import { imageFrom, type SentImage } from '../../../shared/media/sent-image.js';
import { toError } from '../../../shared/to-error.js';
import type { InboundAttachment } from '../channel.js';

export interface Enclosed {
  readonly images: readonly SentImage[];
  readonly lines: readonly string[];
}

/** One after another: they share one budget. Never rejects: what cannot be had becomes a line. */
export async function enclosedIn(
  attachments: readonly InboundAttachment[],
  stop: AbortSignal,
): Promise<Enclosed> {
  const images: SentImage[] = [];
  const lines: string[] = [];
  const signal = AbortSignal.any([stop, AbortSignal.timeout(inboundLimits.fetchMs)]);
  let left: number = controlLimits.attachmentBytes;
  for (const attachment of attachments.slice(0, inboundLimits.attachments)) {
    if (attachment.kind !== 'image') {
      lines.push(lineOf(attachment));
      continue;
    }
    const image = await imageOf(attachment, Math.min(left, controlLimits.attachmentImageBytes), signal);
    if (typeof image === 'string') lines.push(lineOf(attachment, image));
    else {
      images.push(image);
      left -= image.bytes.byteLength;
    }
  }
  const more = attachments.length - inboundLimits.attachments;
  if (more > 0) lines.push(`[${more} more attachments]`);
  return { images, lines };
}

/** The image, or why there is none. */
async function imageOf(
  { bytes: said = 0, fetch }: InboundAttachment,
  maxBytes: number,
  signal: AbortSignal,
): Promise<SentImage | string> {
  if (said > maxBytes || maxBytes <= 0) return 'too large';
  try {
    const bytes = await within(fetch(maxBytes, signal), signal);
    if (bytes.byteLength > maxBytes) return 'too large';
    const image = imageFrom(Uint8Array.from(bytes), undefined, { types: imageTypes });
    return typeof image === 'string' ? 'not an image that can be shown' : image;
  } catch {
    return 'could not be loaded';
  }
}

/** As the promise, but for one that does not heed the signal. */
function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = (): void => reject(toError(signal.reason));
    if (signal.aborted) over();
    signal.addEventListener('abort', over, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', over));
  });
}

function lineOf({ kind, filename, mimeType, bytes }: InboundAttachment, why?: string): string {
  const about = [filename, mimeType, bytes === undefined ? undefined : `${bytes} bytes`, why];
  const said = about.filter((one) => one !== undefined && one !== '').join(', ');
  return `[${kind}: ${said.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}[\]]+/gu, ' ').slice(0, inboundLimits.lineChars)}]`;
}
