/** A versioned document in memory that threads share, so that a task carries it for nothing. */

export interface SharedJson {
  readonly version: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

export function shareJson(document: { readonly version: number }): SharedJson {
  const encoded = Buffer.from(JSON.stringify(document));
  const bytes = new Uint8Array(new SharedArrayBuffer(encoded.length));
  bytes.set(encoded);
  return { version: document.version, bytes };
}

/**
 * Decodes each version once; the newest is kept, as tasks mostly share it.
 * @param adopt makes of another version what is used, with what is the same in the one that was kept until now
 */
export function createSharedReader<T extends { readonly version: number }>(
  adopt: (next: T, known: T) => T = (next) => next,
): (shared: SharedJson) => T {
  let current: T | undefined;
  return (shared) => {
    if (current?.version === shared.version) return current;
    // TextDecoder refuses shared memory; the copy is made once per version.
    const decoded = JSON.parse(new TextDecoder().decode(new Uint8Array(shared.bytes))) as T;
    const document = current ? adopt(decoded, current) : decoded;
    if (!current || shared.version > current.version) current = document;
    return document;
  };
}
