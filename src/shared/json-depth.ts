/** How deep a JSON text is, found without building any of it. */
import { requestLimits } from './limits.js';

export const QUOTE = 0x22;
export const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** Told to whoever sends one that goes deeper than is written and copied by functions that call themselves. */
export const TOO_DEEP = `Invalid JSON: must have at most ${requestLimits.levels} levels`;

/** For a body that has been parsed. */
export function isTooDeep(body: string | Uint8Array): boolean {
  return isDeeperThan(typeof body === 'string' ? Buffer.from(body) : body, requestLimits.levels);
}

/** Whether more than `most` containers stand in one another. */
export function isDeeperThan(text: Uint8Array, most: number): boolean {
  if (text.length <= 2 * most) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] as number;
    if (byte === QUOTE) at = endOfString(text, at);
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth += 1;
      if (depth > most) return true;
    }
  }
  return false;
}

/** Where the string that opens at `start` closes, or the last byte. */
export function endOfString(text: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}
