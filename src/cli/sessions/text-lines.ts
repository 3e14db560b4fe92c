/** Lines of a text file of any size, one piece of it in memory at a time; a line may be as long as `limit`, in bytes. */
import { createReadStream } from 'node:fs';

export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Undefined when it is longer than the limit, or not UTF-8. */
  readonly text: string | undefined;
  readonly bytes: number;
}

const NEWLINE = 0x0a;

/** @throws the file system's error */
export async function* textLines(path: string, limit: number): AsyncGenerator<TextLine> {
  let number = 0;
  let parts: Buffer[] = [];
  let bytes = 0;
  const add = (part: Buffer): void => {
    bytes += part.length;
    if (bytes > limit) parts = [];
    else parts.push(part);
  };
  const take = (): TextLine => {
    const line = {
      number: (number += 1),
      text: bytes > limit ? undefined : decode(Buffer.concat(parts)),
      bytes,
    };
    parts = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, to));
      yield take();
      from = to + 1;
    }
    add(chunk.subarray(from));
  }
  if (bytes > 0) yield take();
}

function decode(line: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch {
    return undefined; // the caller says so
  }
}
