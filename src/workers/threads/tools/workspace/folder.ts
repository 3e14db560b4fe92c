/**
 * A folder of the workspace that is held open. Names are looked up in the folder itself, not along a path that somebody
 * may change meanwhile: on Linux `/proc/self/fd/<n>/<name>` is what `openat` is elsewhere. A folder turns out where it
 * really is when it is open, and one that is not in the workspace is refused then. Without /proc the path is asked once
 * more, which leaves a moment in which it may change.
 */
import { constants } from 'node:fs';
import { mkdir, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../../shared/to-error.js';
import { ToolInputError } from '../tool.js';
import { isWithin, outside, type Place } from './resolve.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

export interface Folder {
  /** A path for `name` in it, valid while it is open; of the folder itself for `.`. */
  at(name: string): string;
  /** A folder in it; links are not followed. @throws the file system's error */
  enter(name: string): Promise<Folder>;
  close(): Promise<void>;
}

/** @param path of a folder in `root`, both without links @throws ToolInputError when it is not there any more */
async function openFolder(root: string, path: string): Promise<Folder> {
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const where = await whereIs(handle, path);
    if (!isWithin(root, where)) throw outside(path);
    return heldFolder(handle, root, where);
  } catch (caught) {
    await handle.close();
    throw caught;
  }
}

function heldFolder(handle: FileHandle, root: string, path: string): Folder {
  const at = (name: string): string => (hasProc ? join(procPath(handle), name) : join(path, name));
  return {
    // The slash makes it the folder and not the link to it.
    at: (name) => (name === '.' ? `${at('')}/` : at(name)),
    async enter(name) {
      const inner = await open(at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      return heldFolder(inner, root, join(path, name));
    },
    close: () => handle.close(),
  };
}

export interface Opened {
  readonly folder: Folder;
  /** In it. */
  readonly name: string;
}

/** The folder of a place, and its name there. @param make folders that are missing @throws ToolInputError */
export async function withFolder<T>(
  place: Place,
  make: boolean,
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const opened = await openPlace(place, make);
  try {
    return await use(opened);
  } finally {
    await opened.folder.close();
  }
}

/** As `withFolder`; the caller closes the folder. */
export async function openPlace(place: Place, make: boolean): Promise<Opened> {
  let folder = await openFolder(place.root, place.folder);
  try {
    for (const name of place.names.slice(0, -1)) {
      if (!make) throw notFound(place);
      const inner = await makeFolder(folder, name);
      await folder.close();
      folder = inner;
    }
  } catch (caught) {
    await folder.close();
    throw caught;
  }
  return { folder, name: place.names.at(-1) ?? '.' };
}

async function makeFolder(folder: Folder, name: string): Promise<Folder> {
  try {
    await mkdir(folder.at(name));
  } catch (caught) {
    // Another call was faster.
    if (errorCode(caught) !== 'EEXIST') throw caught;
  }
  return folder.enter(name);
}

export function notFound(place: Place): ToolInputError {
  return new ToolInputError(`${place.shown} does not exist`);
}

const hasProc = process.platform === 'linux';

function procPath(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}

/** Real path of what was opened at `path`. */
async function whereIs(handle: FileHandle, path: string): Promise<string> {
  if (hasProc) return readlink(procPath(handle));
  const where = await realpath(path);
  const [opened, found] = await Promise.all([handle.stat(), stat(where)]);
  if (opened.dev !== found.dev || opened.ino !== found.ino)
    throw new ToolInputError(`${path} was changed while it was opened`);
  return where;
}
