/** The small JSON files with which processes tell each other of restarts. Others may write them: they are not believed blindly. */
import { closeSync, constants, openSync, readSync, rmSync } from 'node:fs';
import { errorCode } from '../../shared/to-error.js';
import { isRecord } from '../../shared/is-record.js';

/** Undefined where there is none; empty where what is there is too large, or not an object. @throws what reading throws */
export function readSmallFile(path: string, mostBytes: number): Record<string, unknown> | undefined {
  const text = textOf(path, mostBytes);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

export function removeSmallFile(path: string): void {
  rmSync(path, { force: true });
}

function textOf(path: string, mostBytes: number): string | undefined {
  let file: number;
  try {
    // Without waiting, should it be a pipe.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return undefined;
    throw caught;
  }
  try {
    const bytes = Buffer.alloc(mostBytes + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return length > mostBytes ? '' : bytes.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}
