/** From bytes to lines, wherever they were cut. Text is UTF-8, or Latin-1 where it cannot be. */
import { parseLine, type Line } from './line.js';
import { ircLimits } from './limits.js';

const LF = 0x0a;

/** Gives a function that takes bytes; false when a line is too long, or will be. */
export function createLineReader(take: (line: Line) => void): (chunk: Buffer) => boolean {
  let rest: Buffer[] = [];
  let restBytes = 0;
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
      if (restBytes + at - from > ircLimits.lineBytes) return false;
      const bytes =
        restBytes === 0 ? chunk.subarray(from, at) : Buffer.concat([...rest, chunk.subarray(from, at)]);
      rest = [];
      restBytes = 0;
      from = at + 1;
      // oxlint-disable-next-line no-control-regex
      const line = parseLine(textOf(bytes).replace(/[\r\u0000]/g, ''));
      if (line) take(line);
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
    }
    return restBytes <= ircLimits.lineBytes;
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
