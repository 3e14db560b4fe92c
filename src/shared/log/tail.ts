/**
 * The end of the log, or what came after a place in it (methods.md §8, `logs.tail`). However large the file is, no more of
 * it is read than was asked for. Only whole lines are given; one that is still being written comes next time.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode } from '../to-error.js';
import { fileBefore, newestLogFile, type LogPlace } from './log-place.js';

export interface TailRequest {
  /** Behind the last line that is known; undefined for the end of the file. */
  readonly cursor?: number | undefined;
  /** Lines at most. */
  readonly limit: number;
  /** What is read at most. */
  readonly maxBytes: number;
}

export interface LogTail {
  readonly file: string;
  /** For the next request. */
  readonly cursor: number;
  /** Of the file. */
  readonly size: number;
  readonly lines: readonly string[];
  /** Lines are missing since they did not fit into `maxBytes`. */
  readonly truncated: boolean;
  /** The file is another one than that of the cursor: it begins anew. */
  readonly reset: boolean;
  /** Between the cursor and the first line. */
  readonly skippedBytes?: number;
}

/** A file that is not there is empty. @throws what opening and reading throw */
export function readTail(place: LogPlace, request: TailRequest, now: Date): LogTail {
  const file = newestLogFile(place, now);
  const { cursor, limit, maxBytes } = request;
  const size = sizeOf(file);
  if (cursor === undefined) return { file, size, ...endOf(file, size, limit, maxBytes), reset: false };
  if (cursor > size) {
    // It was moved aside, or its day is over: what came at its end has not been seen yet.
    const missed = restOf(fileBefore(file), cursor, limit, maxBytes);
    if (!missed) return { file, size, ...endOf(file, size, limit, maxBytes), reset: true };
    const { lines: rest, truncated } = missed;
    const bytes = Math.max(0, maxBytes - rest.reduce((sum, line) => sum + Buffer.byteLength(line), 0));
    const { lines, end } = readPart(file, 0, Math.min(size, bytes), limit - rest.length);
    return { file, cursor: end, size, lines: [...rest, ...lines], truncated, reset: true };
  }
  if (size - cursor > maxBytes) {
    const { start, lines, end } = readPart(file, size - maxBytes, size, limit);
    return { file, cursor: end, size, lines, truncated: true, reset: false, skippedBytes: start - cursor };
  }
  // What is more than the limit comes with the next request.
  const { lines, end } = readPart(file, cursor, size, limit);
  return { file, cursor: end, size, lines, truncated: false, reset: false };
}

/** Whole lines of a file, and the places where the first of them begins and the last one ends. */
interface Part {
  readonly start: number;
  readonly lines: readonly string[];
  readonly end: number;
}

const LINE_FEED = 0x0a;

/** At most the first `limit` lines between the two places; one that begins before is left out. */
function readPart(path: string, from: number, to: number, limit: number): Part {
  // With the byte before: it says whether a line begins here.
  const first = Math.max(0, from - 1);
  const bytes = readBytes(path, first, to);
  const begin = from === 0 ? 0 : bytes.indexOf(LINE_FEED) + 1;
  // All of it is in the middle of one very long line.
  if (from > 0 && begin === 0) return { start: to, lines: [], end: to };
  const lines: string[] = [];
  let end = begin;
  for (let at = begin; lines.length < limit; end = at) {
    at = bytes.indexOf(LINE_FEED, end) + 1;
    if (at === 0) break;
    lines.push(bytes.toString('utf8', end, at - 1));
  }
  return { start: first + begin, lines, end: first + end };
}

function endOf(
  path: string,
  size: number,
  limit: number,
  maxBytes: number,
): Pick<LogTail, 'lines' | 'cursor' | 'truncated'> {
  const from = Math.max(0, size - maxBytes);
  const { lines, end } = readPart(path, from, size, Infinity);
  return {
    lines: lines.slice(-limit),
    cursor: end,
    truncated: from > 0 && lines.length < limit,
  };
}

/** What follows the cursor in the file that it may have been of; undefined when it was not. */
function restOf(
  path: string,
  cursor: number,
  limit: number,
  maxBytes: number,
): Pick<LogTail, 'lines' | 'truncated'> | undefined {
  const size = sizeOf(path);
  if (cursor > size) return undefined;
  const from = Math.max(cursor, size - maxBytes);
  const { lines } = readPart(path, from, size, Infinity);
  return { lines: lines.slice(-limit), truncated: from > cursor || lines.length > limit };
}

function sizeOf(path: string): number {
  return withFile(path, (descriptor) => fstatSync(descriptor).size) ?? 0;
}

function readBytes(path: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  const read = withFile(path, (descriptor) => {
    let done = 0;
    for (let count = -1; done < bytes.length && count !== 0; done += count)
      count = readSync(descriptor, bytes, done, bytes.length - done, from + done);
    return done;
  });
  return bytes.subarray(0, read ?? 0);
}

function withFile<T>(path: string, use: (descriptor: number) => T): T | undefined {
  let descriptor: number;
  try {
    // A pipe must not be waited for.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return undefined;
    throw caught;
  }
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
