/**
 * Attachments of a message, decoded where its frame is read: a large frame's bytes never pass the event loop as text
 * (methods.md §3, `chat.send`). What is wrong with one is told by the method, in words of its own.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { controlLimits } from '../../../shared/limits.js';
import { imageTypeOf, imageTypes, isImageType } from '../../../shared/media/image-type.js';
import { about, list } from '../../../shared/schema.js';
import type { SentImage } from '../../sessions/sent-image.js';

export type Attachments =
  | { readonly ok: true; readonly images: readonly SentImage[] }
  | { readonly ok: false; readonly problem: string };

const word = v.exactOptional(v.pipe(v.string(), v.maxLength(1_024)));
const Attachment = v.object({
  type: word,
  mimeType: word,
  fileName: word,
  content: v.exactOptional(v.unknown()),
});
type Attachment = v.InferOutput<typeof Attachment>;

export const attachments = v.exactOptional(
  about(
    'Images; see [Attachments](#attachments).',
    v.pipe(list(Attachment, controlLimits.attachments), v.transform(readAttachments)),
  ),
);

function readAttachments(sent: Attachment[]): Attachments {
  const images: SentImage[] = [];
  let total = 0;
  for (const [index, attachment] of sent.entries()) {
    const label = attachment.fileName || attachment.type || `attachment-${index + 1}`;
    const read = readImage(attachment);
    if (typeof read === 'string') return { ok: false, problem: `attachment ${label}: ${read}` };
    images.push(read);
    total += read.bytes.byteLength;
  }
  const { attachmentBytes } = controlLimits;
  if (total > attachmentBytes)
    return { ok: false, problem: `attachment total: ${tooLarge(total, attachmentBytes)}` };
  return { ok: true, images };
}

/** All of it bounded: what a prefix could be is tried from every place at which the type could end. */
const dataUrl = /^\s*data:([^;,]{0,256})[^,]{0,256};base64,/i;

/** The image, or what is wrong with it. */
function readImage({ content, mimeType }: Attachment): SentImage | string {
  if (typeof content !== 'string') return 'content must be a base64 string';
  const [prefix = '', declared = mimeType] = dataUrl.exec(content) ?? [];
  const base64 = content.slice(prefix.length).trim();
  const size = Buffer.byteLength(base64, 'base64');
  const { attachmentImageBytes } = controlLimits;
  if (size > attachmentImageBytes) return tooLarge(size, attachmentImageBytes);
  if (size === 0) return 'content must not be empty';
  // Memory of its own, so that a thread can give it away. What is not base64 is passed over, and leaves room.
  const bytes = Buffer.allocUnsafeSlow(size);
  if (bytes.write(base64, 'base64') !== size) return 'invalid base64 content';
  // Names and senders err; the bytes do not.
  const type = imageTypeOf(bytes) ?? declared?.trim().toLowerCase() ?? 'unknown';
  if (!isImageType(type)) return `unsupported mime type ${type.slice(0, 80)} (use ${imageTypes.join(', ')})`;
  return { mimeType: type, bytes, blob: createHash('sha256').update(bytes).digest('hex') };
}

function tooLarge(size: number, most: number): string {
  return `exceeds size limit (${size} > ${most} bytes)`;
}
