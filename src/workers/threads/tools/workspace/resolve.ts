/**
 * Where a path of a tool's caller leads: symbolic links followed, inside the workspace or refused. What is found here is
 * only where to go; whoever opens it checks again (`folder.ts`).
 */
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { toolLimits } from '../../../../shared/tools/limits.js';
import { makePrivateDir } from '../../../../shared/private-file.js';
import { errorCode } from '../../../../shared/to-error.js';
import { ToolInputError } from '../tool.js';

export interface Place {
  /** The workspace. Without links, as is `folder`. */
  readonly root: string;
  /** Nearest folder above it that exists. */
  readonly folder: string;
  /** What is missing of the way from there, and the name itself last; empty for the workspace itself. */
  readonly names: readonly string[];
  readonly exists: boolean;
  /** Relative to the workspace, as it is shown. */
  readonly shown: string;
}

/** @throws ToolInputError when it leads out of the workspace, or nowhere */
export async function resolvePlace(workspace: string, path: string): Promise<Place> {
  if (path.includes('\0')) throw new ToolInputError('the path contains a NUL character');
  if (path.length > toolLimits.pathChars)
    throw new ToolInputError(`${shownPath(path)}: the path is too long`);
  const root = await realRoot(workspace);
  const asked = resolve(workspace, path);
  // Said of the path as it is written, so that what is outside is not even looked at.
  if (!isWithin(resolve(workspace), asked) && !isWithin(root, asked)) throw outside(path);
  const { real, missing } = await follow(asked, path);
  if (!isWithin(root, real)) throw outside(path);
  const target = join(real, ...missing);
  const shown = relative(root, target);
  const exists = missing.length === 0;
  if (target === root) return { root, folder: root, names: [], exists, shown: '.' };
  // A file that exists is a name in its folder, too.
  const [folder, names] = exists ? [dirname(real), [basename(real)]] : [real, missing];
  return { root, folder, names, exists, shown };
}

export function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

export function outside(path: string): ToolInputError {
  return new ToolInputError(`${shownPath(path)} is outside of the workspace`);
}

/** As its caller wrote it, as far as it is worth repeating. */
export function shownPath(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}

/** The workspace is made when it is needed first. */
async function realRoot(workspace: string): Promise<string> {
  try {
    return await realpath(workspace);
  } catch (caught) {
    if (errorCode(caught) !== 'ENOENT') throw caught;
    makePrivateDir(workspace);
    return realpath(workspace);
  }
}

/** The deepest part of a path that exists, without links, and what is missing after it. */
async function follow(asked: string, path: string): Promise<{ real: string; missing: string[] }> {
  const missing: string[] = [];
  for (let at = asked; ; at = dirname(at)) {
    const real = await ifThere(realpath(at), path);
    if (real !== undefined) return { real, missing };
    // A link to nothing is there, and what would be made through it might be anywhere.
    if (await ifThere(lstat(at), path)) throw new ToolInputError(`${shownPath(path)} is a link to nothing`);
    missing.unshift(basename(at));
  }
}

/** Undefined for what does not exist. */
async function ifThere<T>(found: Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await found;
  } catch (caught) {
    const code = errorCode(caught) ?? '';
    if (code === 'ENOENT') return undefined;
    const problem = problems[code];
    if (problem === undefined) throw caught;
    throw new ToolInputError(`${shownPath(path)}: ${problem}`, { cause: caught });
  }
}

const problems: Readonly<Record<string, string>> = {
  ENOTDIR: 'a part of it is not a folder',
  ELOOP: 'a circle of links',
  ENAMETOOLONG: 'the path is too long',
  EACCES: 'permission denied',
};
