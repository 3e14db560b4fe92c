/** An image as it comes with a message, before it is stored, and how it is read. */
import { createHash } from 'node:crypto';
import { imageTypeOf, isImageType, type ImageType } from './image-type.js';

export interface SentImage {
  readonly mimeType: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, in hex. */
  readonly blob: string;
}

export interface ImageRules {
  readonly maxBytes: number;
  readonly types: readonly ImageType[];
}

/** All of it bounded: what a prefix could be is tried from every place at which the type could end. */
const dataUrl = /^\s*data:([^;,]{0,256})[^,]{0,256};base64,/i;

/** An image from base64, or from a data URL; or what is wrong with it. @param declared its type, as its sender says */
export function readImage(text: string, declared: string | undefined, rules: ImageRules): SentImage | string {
  const [prefix = '', type = declared] = dataUrl.exec(text) ?? [];
  const base64 = text.slice(prefix.length).trim();
  const size = Buffer.byteLength(base64, 'base64');
  if (size > rules.maxBytes) return tooLarge(size, rules.maxBytes);
  if (size === 0) return 'content must not be empty';
  // Memory of its own, so that a thread can give it away. What is not base64 is passed over, and leaves room.
  const bytes = Buffer.allocUnsafeSlow(size);
  if (bytes.write(base64, 'base64') !== size) return 'invalid base64 content';
  return imageFrom(bytes, type, rules);
}

/** An image whose bytes are there; or what is wrong with it. */
export function imageFrom(
  bytes: Uint8Array,
  declared: string | undefined,
  { types }: Pick<ImageRules, 'types'>,
): SentImage | string {
  // Names and senders err; the bytes do not.
  const mimeType = imageTypeOf(bytes) ?? declared?.trim().toLowerCase() ?? 'unknown';
  if (!isImageType(mimeType) || !types.includes(mimeType))
    return `unsupported mime type ${mimeType.slice(0, 80)} (use ${types.join(', ')})`;
  return { mimeType, bytes, blob: createHash('sha256').update(bytes).digest('hex') };
}

export function tooLarge(size: number, most: number): string {
  return `exceeds size limit (${size} > ${most} bytes)`;
}
