/**
 * Files and folders that are their owner's only. A file appears with its whole content or not at all (protocol.md §8.1). What
 * root makes for a gateway of another user is that user's, or the gateway could not use it.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fsyncSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isRefusedWrite, RefusedWrite } from './refused-write.js';
import { errorCode } from './to-error.js';

/** Writes or replaces a file, mode 0600; its folder must be there. @throws RefusedWrite, or the file system's error */
export function writePrivateFile(path: string, text: string | Uint8Array): void {
  withTemporary(path, text, (temporary) => renameSync(temporary, path));
}

/** A root that may do less, or knows fewer users, as in containers; file systems without owners, or that only read. */
const cannotGive: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'EROFS',
  'EINVAL',
  'ENOSYS',
  'EOPNOTSUPP',
  'ENOTSUP',
]);

/** @param made open, so that nothing else can take its place meanwhile @param model whose owner it gets */
function giveToOwner(made: number, model: string): void {
  if (process.getuid?.() === 0) give(model, (...owner) => fchownSync(made, ...owner));
}

function give(model: string, to: (uid: number, gid: number) => void): void {
  const { uid, gid } = statSync(model);
  if (uid === 0) return;
  try {
    to(uid, gid);
  } catch (caught) {
    if (!cannotGive.has(errorCode(caught))) throw caught;
  }
}

/** Opens a file to write at its end, made when it is not there. @throws the file system's error */
export function openToAppend(path: string): number {
  let made: number;
  try {
    // Never through a link: its end may be anywhere, and is given to nobody.
    made = openSync(path, 'ax', 0o600);
  } catch (caught) {
    if (errorCode(caught) !== 'EEXIST') throw caught;
    return openSync(path, 'a', 0o600);
  }
  giveToOwner(made, dirname(path));
  return made;
}

/**
 * Gives its folder's owner a file that a library has made and works with. It is not opened: to close a file gives up all locks
 * that the process has on it. A link is nobody's to follow, and what has another name may be anybody's.
 *
 * @throws the file system's error
 */
export function giveFile(path: string): void {
  if (process.getuid?.() !== 0) return;
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts?.uid === 0 && facts.nlink === 1) give(dirname(path), (...owner) => lchownSync(path, ...owner));
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

/**
 * Makes a folder and what is missing above it, mode 0700; one that is there stays as it is. One level at a time: Node's
 * own `recursive` never returns where nothing can be made (`/proc`). @throws the file system's error
 */
export function makePrivateDir(path: string): void {
  if (isDir(path)) return;
  const parent = dirname(path);
  if (parent !== path) makePrivateDir(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (caught) {
    if (!isDir(path)) throw caught;
    return; // another process was faster
  }
  if (process.getuid?.() !== 0) return;
  const made = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    giveToOwner(made, parent);
  } finally {
    closeSync(made);
  }
}

function isDir(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Waits until the names in a folder are on disk. @throws the file system's error */
export function syncDir(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** What writers of a file left behind that were ended in the middle; to be called when nobody else writes it. */
export function removeTemporaries(path: string): void {
  if (!isDir(dirname(path))) return;
  for (const name of readdirSync(dirname(path)))
    if (temporaryName.test(name) && name.replace(temporaryName, '') === basename(path))
      rmSync(join(dirname(path), name), { force: true });
}

/**
 * Those of all files in a folder that nobody can still be writing (operations.md §15). What cannot be removed stays.
 *
 * @param before milliseconds since the epoch: who wrote later may not have ended
 */
export function removeOldTemporaries(folder: string, before: number): void {
  try {
    for (const name of readdirSync(folder).filter((one) => temporaryName.test(one))) {
      const path = join(folder, name);
      if (statSync(path).mtimeMs < before) rmSync(path, { force: true });
    }
  } catch {
    // Not there, or not ours: nothing depends on it.
  }
}

/** What `withTemporary` puts behind the name of a file. */
const temporaryName = /\.\d+-[0-9a-f]{8}\.tmp$/;

/** A file beside `path`, on disk with its content before it is given its name; gone afterwards. */
function withTemporary<T>(path: string, text: string | Uint8Array, name: (temporary: string) => T): T {
  // Random, since processes of different containers may share both the folder and their pid.
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      giveToOwner(file, existsSync(path) ? path : dirname(path));
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return name(temporary);
  } catch (caught) {
    throw isRefusedWrite(caught) ? new RefusedWrite(path, caught) : caught;
  } finally {
    rmSync(temporary, { force: true });
  }
}
