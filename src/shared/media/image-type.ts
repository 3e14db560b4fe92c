/** Images that may be shown to a model, and how to tell them by their first bytes. */
export const imageTypes = [
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/heic',
  'image/heif',
] as const;

export type ImageType = (typeof imageTypes)[number];

export function isImageType(mimeType: string): mimeType is ImageType {
  return (imageTypes as readonly string[]).includes(mimeType);
}

const heic = new Set(['heic', 'heix', 'hevc', 'hevx']);
const heif = new Set(['mif1', 'msf1', 'heif']);

/** Undefined when the bytes do not begin as one of these does. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(12, bytes.byteLength)).toString('latin1');
  if (head.startsWith('\u00FF\u00D8\u00FF')) return 'image/jpeg';
  if (head.startsWith('\u0089PNG\r\n')) return 'image/png';
  if (head.startsWith('GIF8')) return 'image/gif';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp';
  const brand = head.slice(8);
  if (head.slice(4, 8) !== 'ftyp') return undefined;
  if (heic.has(brand)) return 'image/heic';
  return heif.has(brand) ? 'image/heif' : undefined;
}
