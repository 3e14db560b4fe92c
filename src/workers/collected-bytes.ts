/**
 * The bytes of a body, put together as they come. A single chunk, the usual case, is kept as it is; more are copied
 * into one buffer, because a list of small ones takes a hundred times the memory of what is in them.
 */

/** Where copying begins: bodies in a few chunks grow the buffer once or never. */
const LEAST_BYTES = 16 * 1024;

export class CollectedBytes {
  #bytes: Buffer | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(chunk: Buffer): void {
    const size = this.#size + chunk.length;
    if (!this.#bytes) {
      this.#bytes = chunk;
    } else {
      // The first chunk is not ours to write to: its length is its size, so that it is always copied.
      if (size > this.#bytes.length) this.#bytes = grown(this.#bytes, size);
      this.#bytes.set(chunk, this.#size);
    }
    this.#size = size;
  }

  text(): string {
    return this.#bytes?.toString('utf8', 0, this.#size) ?? '';
  }
}

/** A copy with room for `size` bytes and as many again, so that growing costs a few copies in all. */
function grown(bytes: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(LEAST_BYTES, 2 * size));
  larger.set(bytes);
  return larger;
}
