/**
 * The frames that one socket gets in one tick, as bytes. Sockets that get the same events share a batch: only the numbers in
 * it are written anew for each, in place, as long as they have as many digits.
 */
import { outboxLimits } from '../../shared/limits.js';

/**
 * One text message; its number goes between `head` and `tail` where there is a tail. What goes to many is bytes, which they
 * share and nobody changes; what goes to one stays a string, so that no buffer has to be collected.
 */
export interface OutgoingFrame {
  readonly head: FrameChunk;
  readonly tail: Uint8Array | undefined;
}

export type FrameChunk = string | Uint8Array;

export interface FrameBatch {
  /** To be written in this order. */
  readonly chunks: readonly FrameChunk[];
  /** Makes it the batch of another socket; false when it cannot be, and then it is as it was. */
  renumber(frames: readonly OutgoingFrame[], numbers: readonly number[]): boolean;
}

/** Final frame, text. */
const FIRST_BYTE = 0x81;
const MAX_HEADER_BYTES = 10;

/** @param numbers one for each frame; those of frames without a tail do not count */
export function createFrameBatch(frames: readonly OutgoingFrame[], numbers: readonly number[]): FrameBatch {
  const bytes = Buffer.allocUnsafe(copiedBytes(frames, numbers));
  const chunks: FrameChunk[] = [];
  const places: number[] = [];
  const widths: number[] = [];
  let [start, at] = [0, 0];
  const copy = (part: FrameChunk): void => {
    if (typeof part === 'string') {
      at += bytes.write(part, at);
      return;
    }
    bytes.set(part, at);
    at += part.length;
  };
  for (const [index, { head, tail }] of frames.entries()) {
    const number = numbers[index] ?? 0;
    const width = tail ? digits(number) : 0;
    const headBytes = bytesOf(head);
    at = writeHeader(bytes, at, headBytes + width + (tail?.length ?? 0));
    if (headBytes <= outboxLimits.copiedBytes) {
      copy(head);
    } else {
      chunks.push(bytes.subarray(start, at), head);
      start = at;
    }
    places.push(at);
    widths.push(width);
    if (!tail) continue;
    writeNumber(bytes, at, width, number);
    at += width;
    copy(tail);
  }
  if (at > start) chunks.push(bytes.subarray(start, at));
  return {
    chunks,
    renumber(others, otherNumbers) {
      if (others.length !== frames.length) return false;
      for (let index = 0; index < frames.length; index += 1) {
        if (others[index] !== frames[index]) return false;
        if (widths[index] !== 0 && digits(otherNumbers[index] ?? 0) !== widths[index]) return false;
      }
      for (let index = 0; index < frames.length; index += 1)
        writeNumber(bytes, places[index] ?? 0, widths[index] ?? 0, otherNumbers[index] ?? 0);
      return true;
    },
  };
}

/** Length of the frame's payload. */
export function frameBytes({ head, tail }: OutgoingFrame, number: number): number {
  return bytesOf(head) + (tail ? digits(number) + tail.length : 0);
}

function bytesOf(chunk: FrameChunk): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
}

/** Everything but large heads, or a little more. */
function copiedBytes(frames: readonly OutgoingFrame[], numbers: readonly number[]): number {
  let total = 0;
  for (const [index, frame] of frames.entries()) {
    total += MAX_HEADER_BYTES + frameBytes(frame, numbers[index] ?? 0);
    const headBytes = bytesOf(frame.head);
    if (headBytes > outboxLimits.copiedBytes) total -= headBytes;
  }
  return total;
}

/** The header of an unmasked frame (RFC 6455 §5.2); gives where it ends. */
function writeHeader(bytes: Buffer, at: number, payloadBytes: number): number {
  bytes[at] = FIRST_BYTE;
  if (payloadBytes < 126) {
    bytes[at + 1] = payloadBytes;
    return at + 2;
  }
  if (payloadBytes < 65_536) {
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(payloadBytes, at + 2);
    return at + 4;
  }
  bytes[at + 1] = 127;
  bytes.writeUInt32BE(0, at + 2);
  bytes.writeUInt32BE(payloadBytes, at + 6);
  return at + MAX_HEADER_BYTES;
}

function digits(number: number): number {
  let count = 1;
  for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) count += 1;
  return count;
}

function writeNumber(bytes: Buffer, at: number, width: number, number: number): void {
  let rest = number;
  for (let place = at + width - 1; place >= at; place -= 1) {
    bytes[place] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
