/** Images for tests: right at the beginning, noise after it. */
import { createHash } from 'node:crypto';

const head = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export function png(bytes: number): Buffer {
  const image = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 32) createHash('sha256').update(String(at)).digest().copy(image, at);
  head.copy(image);
  return image;
}

export interface SentAttachment {
  readonly type?: string;
  readonly mimeType?: string;
  readonly fileName?: string;
  readonly content?: unknown;
}

export function attachment(bytes: Buffer, over: SentAttachment = {}): SentAttachment {
  return { mimeType: 'image/png', content: bytes.toString('base64'), ...over };
}
