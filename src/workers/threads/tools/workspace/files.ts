/** Files of the workspace: regular ones only, read through what was opened, replaced whole or not at all. */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { toolLimits } from '../../../../shared/tools/limits.js';
import { errorCode } from '../../../../shared/to-error.js';
import { ToolInputError } from '../tool.js';
import { notFound, withFolder, type Folder, type Opened } from './folder.js';
import type { Place } from './resolve.js';

const { O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Of files that are being written; never shown. */
export const TEMPORARY = /^\.pllan-[0-9a-f]{16}\.tmp$/;

/** So much of a file tells what it is. */
export const HEAD_BYTES = 8_192;

export interface OpenFile {
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly mode: number;
}

/** @throws ToolInputError when it is not there, or is no regular file */
export function readingFile<T>(place: Place, use: (file: OpenFile) => Promise<T>): Promise<T> {
  return refusing(place, () =>
    withFolder(place, false, async (opened) => {
      const file = await openFile(opened, place);
      try {
        return await use(file);
      } finally {
        await file.handle.close();
      }
    }),
  );
}

/** Opened without waiting, as a FIFO would have it. The caller closes it. */
export async function openFile({ folder, name }: Opened, place: Place): Promise<OpenFile> {
  const handle = await open(folder.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  try {
    const stats = await handle.stat();
    checkRegular(stats, place);
    return { handle, bytes: stats.size, mode: stats.mode & 0o7777 };
  } catch (caught) {
    await handle.close();
    throw caught;
  }
}

/** A file that can be changed. @throws ToolInputError when it is too large */
export async function readWhole({ handle, bytes }: OpenFile, place: Place): Promise<Buffer> {
  if (bytes > toolLimits.fileBytes)
    throw new ToolInputError(`${place.shown} is larger than ${toolLimits.fileBytes} bytes`);
  return readBytes(handle, bytes);
}

/** So that writing it again gives the same bytes. @throws ToolInputError when it is no text */
export function decodeText(bytes: Uint8Array, place: Place): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (caught) {
    if (errorCode(caught) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw caught;
    throw new ToolInputError(`${place.shown} is not UTF-8 text`);
  }
}

/** The first so many bytes: those that it had when it was opened, should it grow. */
export async function readBytes(handle: FileHandle, most: number): Promise<Buffer> {
  const bytes = Buffer.alloc(most);
  let read = 0;
  while (read < most) {
    const { bytesRead } = await handle.read(bytes, read, most - read, read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

/** What stands where a file is to be written; undefined when nothing does. @throws ToolInputError when it is no regular file */
export async function existingFile({ folder, name }: Opened, place: Place): Promise<Stats | undefined> {
  try {
    const stats = await lstat(folder.at(name));
    checkRegular(stats, place);
    return stats;
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return undefined;
    throw caught;
  }
}

/** Puts a file in place of what is there, all at once. @param mode of the new one; what is usual when undefined */
export async function replaceFile({ folder, name }: Opened, bytes: Uint8Array, mode?: number): Promise<void> {
  const temporary = await writeTemporary(folder, bytes, mode);
  try {
    await rename(folder.at(temporary), folder.at(name));
  } catch (caught) {
    await rm(folder.at(temporary), { force: true });
    throw caught;
  }
}

/** Gives its name. */
export async function writeTemporary(folder: Folder, bytes: Uint8Array, mode?: number): Promise<string> {
  const name = `.pllan-${randomBytes(8).toString('hex')}.tmp`;
  const handle = await open(folder.at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  try {
    await handle.writeFile(bytes);
    if (mode !== undefined) await handle.chmod(mode);
    await handle.sync();
  } catch (caught) {
    await rm(folder.at(name), { force: true });
    throw caught;
  } finally {
    await handle.close();
  }
  return name;
}

/** Whether bytes are no text, as far as their beginning tells. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, HEAD_BYTES).includes(0);
}

/** Whether something went away, or may not be read: who goes through many files goes on. */
export function isPassedOver(caught: unknown): boolean {
  return ['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errorCode(caught) ?? '');
}

/** Turns what the file system says about a place into what the caller should hear. */
export async function refusing<T>(place: Place, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (caught) {
    const code = errorCode(caught) ?? '';
    if (code === 'ENOENT') throw notFound(place);
    const problem = refusals[code];
    if (problem !== undefined) throw new ToolInputError(`${place.shown} ${problem}`, { cause: caught });
    throw caught;
  }
}

const refusals: Readonly<Record<string, string>> = {
  EISDIR: 'is a folder',
  ENOTDIR: 'is not a folder',
  ELOOP: 'is a link',
  ENXIO: 'is not a regular file',
  EACCES: 'may not be used: permission denied',
  EPERM: 'may not be used: permission denied',
  EROFS: 'may not be written: the file system is read-only',
  ENAMETOOLONG: 'has a name that is too long',
  ENOSPC: 'cannot be written: the disk is full',
  EDQUOT: 'cannot be written: the disk is full',
};

function checkRegular(stats: Stats, place: Place): void {
  if (stats.isFile()) return;
  throw new ToolInputError(`${place.shown} is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}`);
}
