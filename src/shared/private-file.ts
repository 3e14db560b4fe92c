/** Files that only their owner may read. They appear with their whole content or not at all (protocol.md §8.1). */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { errorCode } from './to-error.js';

/** Writes or replaces a file, mode 0600; its folder must be there. @throws the file system's error */
export function writePrivateFile(path: string, text: string): void {
  withTemporary(path, text, (temporary) => renameSync(temporary, path));
}

/** As `writePrivateFile`, but false, and nothing done, when there is such a file already. */
export function createPrivateFile(path: string, text: string): boolean {
  return withTemporary(path, text, (temporary) => {
    try {
      linkSync(temporary, path);
      return true;
    } catch (caught) {
      if (errorCode(caught) === 'EEXIST') return false;
      throw caught;
    }
  });
}

/** A file beside `path`, on disk with its content before it is given its name; gone afterwards. */
function withTemporary<T>(path: string, text: string, name: (temporary: string) => T): T {
  // Random, since processes of different containers may share both the folder and their pid.
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return name(temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}
