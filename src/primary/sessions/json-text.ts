/**
 * A string that grows, as JSON: what has been escaped once is not escaped again, so that sending all of a long text after
 * each addition costs a copy and no encoding.
 */
const FIRST_BYTES = 1_024;

export class JsonText {
  #bytes = Buffer.alloc(0);
  #length = 0;
  /** Not yet escaped: nobody may ever ask. */
  #added = '';

  get isEmpty(): boolean {
    return this.#length === 0 && this.#added === '';
  }

  append(text: string): void {
    this.#added += text;
  }

  /** Inside of a JSON string, in UTF-8; stays as it is when more is appended. */
  get bytes(): Uint8Array {
    if (this.#added !== '') {
      this.#write(escaped(this.#added));
      this.#added = '';
    }
    return this.#bytes.subarray(0, this.#length);
  }

  #write(json: string): void {
    const length = this.#length + Buffer.byteLength(json);
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.write(json, this.#length);
    this.#length = length;
  }
}

/** As inside the quotes of a JSON string. Half of a surrogate pair becomes an escape, and two such escapes make the pair again. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
