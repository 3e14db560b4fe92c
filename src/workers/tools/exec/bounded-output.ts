/** What a command prints, of which its beginning and its end are kept: what is between is counted and let go. */

export interface BoundedOutput {
  add(chunk: Buffer): void;
  /** In all. */
  readonly bytes: number;
  readonly omittedBytes: number;
  /** With a line where something was left out. */
  text(): string;
}

/** @param keptBytes one half for the beginning, one for the end */
export function createBoundedOutput(keptBytes: number): BoundedOutput {
  const half = Math.floor(keptBytes / 2);
  const head: Buffer[] = [];
  let headBytes = 0;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let bytes = 0;
  const keepEnd = (): void => {
    const end = Buffer.concat(tail);
    // A copy: a slice would hold on to all of it.
    tail = [Buffer.from(end.subarray(end.length - half))];
    tailBytes = half;
  };
  const omitted = (): number => bytes - headBytes - Math.min(tailBytes, half);
  return {
    add(chunk) {
      bytes += chunk.length;
      const room = half - headBytes;
      if (room > 0) {
        const first = chunk.subarray(0, room);
        head.push(first);
        headBytes += first.length;
      }
      if (chunk.length <= room) return;
      const rest = chunk.subarray(Math.max(0, room));
      tail.push(rest);
      tailBytes += rest.length;
      if (tailBytes > 4 * half) keepEnd();
    },
    get bytes() {
      return bytes;
    },
    get omittedBytes() {
      return omitted();
    },
    text() {
      const left = omitted();
      const end = Buffer.concat(tail);
      if (left === 0) return Buffer.concat([...head, end]).toString('utf8');
      const beginning = withoutPartialEnd(Buffer.concat(head)).toString('utf8');
      const ending = withoutPartialStart(end.subarray(end.length - half)).toString('utf8');
      return `${beginning}\n[… ${left} bytes left out …]\n${ending}`;
    },
  };
}

/** Without the bytes of a character that was cut in the middle. */
function withoutPartialStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start);
}

function withoutPartialEnd(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
