/** What a JSON text holds, found without building any of it: how many values, and what stands outermost. */
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  endOfString,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from '../../shared/json-depth.js';

export interface Outline {
  /** At least as many as valid JSON holds. */
  readonly values: number;
  /** The text with nothing left in the containers that stand in its outermost one; undefined if that is still large. */
  readonly outer: Buffer | undefined;
}

/** More containers side by side than any frame has keys. */
const MAX_PIECES = 32;

const COMMA = 0x2c;

/** `outerBytes` is what an `outer` may measure. Takes about a millisecond per MiB. */
export function outlineOf(text: Buffer, outerBytes: number): Outline {
  const pieces: Buffer[] = [];
  let values = 1;
  let depth = 0;
  let outside = 0;
  const keep = (end: number): void => {
    if (pieces.length <= MAX_PIECES) pieces.push(text.subarray(outside, end));
  };
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at] as number) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case COMMA:
        values += 1;
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        values += 1;
        depth += 1;
        if (depth === 2) keep(at + 1);
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        if (depth === 2) outside = at;
        depth -= 1;
        break;
      default:
    }
  }
  keep(text.length);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return {
    values,
    outer: pieces.length <= MAX_PIECES && bytes <= outerBytes ? Buffer.concat(pieces) : undefined,
  };
}
