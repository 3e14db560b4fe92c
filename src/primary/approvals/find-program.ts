/** Which file a plain command would run: the one that is matched, and the one that is started. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * An absolute path without `.` and `..`; undefined when there is no such program. Links are not followed: what a
 * program does can depend on the name that it is called by. Parts of the search path that are not absolute, which mean
 * the current folder, do not count.
 */
export async function findProgram(
  word: string,
  cwd: string,
  searchPath: string,
): Promise<string | undefined> {
  const candidates = word.includes('/')
    ? [resolve(cwd, word)]
    : searchPath
        .split(':')
        .filter((folder) => isAbsolute(folder))
        .map((folder) => join(folder, word));
  for (const path of candidates) if (await isProgram(path)) return path;
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // not there, or not ours to run
  }
}
