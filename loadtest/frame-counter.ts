/**
 * Counts WebSocket frames in a byte stream by their headers alone: a subscriber that parsed what it gets would cost more CPU
 * than the server that sends it.
 */

export interface FrameCounter {
  /** Takes the next bytes; gives how many frames began in them. */
  add(bytes: Uint8Array, length: number): number;
}

/** For frames of a server: they carry no mask. */
export function createFrameCounter(): FrameCounter {
  /** Bytes of the current frame that are still to come. */
  let rest = 0;
  /** A header that the last bytes ended in. */
  let header: number[] = [];
  return {
    add(bytes, length) {
      let frames = 0;
      let at = 0;
      while (at < length) {
        if (rest > 0) {
          const skipped = Math.min(rest, length - at);
          rest -= skipped;
          at += skipped;
          continue;
        }
        header.push(bytes[at] ?? 0);
        at += 1;
        const size = payloadSize(header);
        if (size === undefined) continue;
        rest = size;
        header = [];
        frames += 1;
      }
      return frames;
    },
  };
}

/** Undefined while the header is not whole. */
function payloadSize(header: readonly number[]): number | undefined {
  const [, short] = header;
  if (short === undefined || short < 126) return short;
  const extended = short === 126 ? 2 : 8;
  if (header.length < 2 + extended) return undefined;
  return header.slice(2).reduce((size, byte) => size * 256 + byte, 0);
}
