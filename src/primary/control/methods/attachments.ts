/**
 * Attachments of a message, decoded where its frame is read: a large frame's bytes never pass the event loop as text
 * (methods.md §3, `chat.send`). What is wrong with one is told by the method, in words of its own.
 */
import * as v from 'valibot';
import { controlLimits } from '../../../shared/limits.js';
import { imageTypes } from '../../../shared/media/image-type.js';
import { readImage, tooLarge, type SentImage } from '../../../shared/media/sent-image.js';
import { about, list } from '../../../shared/schema.js';

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
    const read = readAttachment(attachment);
    if (typeof read === 'string') return { ok: false, problem: `attachment ${label}: ${read}` };
    images.push(read);
    total += read.bytes.byteLength;
  }
  const { attachmentBytes } = controlLimits;
  if (total > attachmentBytes)
    return { ok: false, problem: `attachment total: ${tooLarge(total, attachmentBytes)}` };
  return { ok: true, images };
}

/** The image, or what is wrong with it. */
function readAttachment({ content, mimeType }: Attachment): SentImage | string {
  if (typeof content !== 'string') return 'content must be a base64 string';
  return readImage(content, mimeType, rules);
}

const rules = { maxBytes: controlLimits.attachmentImageBytes, types: imageTypes };
