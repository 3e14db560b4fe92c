/**
 * Several files that change as one: after an error all of them are as they were, after a kill the next one who takes the
 * config's lock finds a journal and does the rest. No copy of what was in them is written anywhere.
 */
import { chmodSync, existsSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateDir, writePrivateFile } from '../../private-file.js';
import { ConfigWriteError } from './error.js';
import { hashOf, removeJournal, writeJournal } from './journal.js';

export interface FileChange {
  readonly path: string;
  /** What the change was made from; undefined where there was no file. */
  readonly before: Uint8Array | undefined;
  readonly after: string;
}

interface Present extends FileChange {
  readonly mode: number | undefined;
}

/**
 * To be called with the lock of the config.
 *
 * @throws ConfigWriteError when a file is not the one that its change was made from, and the file system's error:
 *   nothing has changed then
 */
export function replaceFiles(configPath: string, changes: readonly FileChange[]): void {
  if (changes.length === 0) return;
  const files = changes.map(present);
  const [twice] = files.filter(({ path }, index) => files.findIndex((file) => file.path === path) < index);
  if (twice) throw new ConfigWriteError('refused', `${twice.path} goes by several names; change it by one`);
  makePrivateDir(dirname(configPath));
  writeJournal(
    configPath,
    files.map(({ path, before, after }) => ({ path, before: hashOf(before), text: after })),
  );
  const written: Present[] = [];
  try {
    for (const file of files) {
      makePrivateDir(dirname(file.path));
      writePrivateFile(file.path, file.after);
      written.push(file);
    }
  } catch (caught) {
    // Should this fail as well, the journal stays: the next one goes on to the new state.
    for (const file of written) restore(file);
    removeJournal(configPath, written);
    throw caught;
  }
  removeJournal(configPath, files);
}

/** Behind links, with its mode. */
function present(change: FileChange): Present {
  const exists = existsSync(change.path);
  const path = exists ? realpathSync(change.path) : change.path;
  const now = exists ? readFileSync(path) : undefined;
  if (hashOf(now) !== hashOf(change.before))
    throw new ConfigWriteError('conflict', `${change.path} has changed meanwhile; try again`);
  return { ...change, path, mode: exists ? statSync(path).mode & 0o7777 : undefined };
}

function restore({ path, before, mode }: Present): void {
  if (before === undefined) {
    rmSync(path, { force: true });
    return;
  }
  writePrivateFile(path, before);
  if (mode !== undefined) chmodSync(path, mode);
}
