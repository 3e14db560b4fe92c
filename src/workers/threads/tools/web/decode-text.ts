/** Bytes of a page to text, in the encoding that its server or the page itself names. */

/** Within so many bytes a page says what its encoding is. */
const HEAD_BYTES = 1_024;

export function decodePage(bytes: Uint8Array, charset: string | undefined): string {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('latin1');
  const [, inPage] = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head) ?? [];
  for (const name of [charset, inPage, 'utf-8']) {
    const text = name === undefined ? undefined : decoded(bytes, name);
    if (text !== undefined) return text;
  }
  return '';
}

/** Undefined for an encoding that nobody knows. */
function decoded(bytes: Uint8Array, name: string): string | undefined {
  try {
    return new TextDecoder(name).decode(bytes);
  } catch (caught) {
    if (caught instanceof RangeError) return undefined;
    throw caught;
  }
}
