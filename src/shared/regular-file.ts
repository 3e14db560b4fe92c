/** Reads files whose names come from outside: never waits for a pipe, never reads a device, never more than it may. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode } from './to-error.js';

/** Undefined where there is none. @throws Error that says what is wrong, in words that follow the file's name */
export function readRegularFile(path: string, maxBytes: number): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new Error('is not a regular file');
    if (facts.size > maxBytes) throw tooLarge(maxBytes);
    return readAtMost(file, facts.size, maxBytes);
  } catch (caught) {
    const code = errorCode(caught);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ENXIO') throw new Error('is not a regular file', { cause: caught });
    if (code !== undefined) throw new Error(`cannot be read (${code})`, { cause: caught });
    throw caught;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** @throws Error as above, also for what is not UTF-8 */
export function readRegularText(path: string, maxBytes: number): string | undefined {
  const bytes = readRegularFile(path, maxBytes);
  return bytes && textOf(bytes);
}

/** @throws Error that says so, in words that follow the file's name */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (caught) {
    throw new Error('is not UTF-8', { cause: caught });
  }
}

/** The size that was told may have grown meanwhile. */
function readAtMost(file: number, size: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= maxBytes;) {
    const chunk = Buffer.alloc(Math.min(maxBytes + 1 - length, Math.max(4096, size + 1 - length)));
    const count = readSync(file, chunk);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): Error {
  return new Error(`has more than ${maxBytes} bytes`);
}
