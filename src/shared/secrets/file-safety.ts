/** Who may have written, or may read, a file that secrets come from: nobody but its owner (secrets.md §3.2, §3.3). */
import { lstat, realpath, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { SecretFailure } from './failure.js';

/** What of a `Stats` is judged. */
export type JudgedStats = Pick<Stats, 'mode' | 'uid'>;

const GROUP_OR_OTHERS = 0o077;
const WRITABLE_BY_GROUP_OR_OTHERS = 0o022;
const WRITABLE_BY_OTHERS = 0o002;
const EXECUTABLE = 0o111;

/** What is wrong with a file of secrets; undefined when nothing is. */
export function secretFileProblem({ mode, uid }: JudgedStats, user: number): string | undefined {
  if (uid !== user) return `the file belongs to user ${uid}, not to ${user}, whom this runs as`;
  if ((mode & GROUP_OR_OTHERS) !== 0)
    return `others than its owner may use the file (mode ${octal(mode)}; 0600 or 0400 is needed)`;
  return undefined;
}

/** What is wrong with a program that gives secrets; undefined when nothing is. */
export function commandProblem({ mode, uid }: JudgedStats, user: number): string | undefined {
  if (uid !== user && uid !== 0) return `the command belongs to user ${uid}, neither to root nor to ${user}`;
  if ((mode & WRITABLE_BY_GROUP_OR_OTHERS) !== 0)
    return `others than its owner may change the command (mode ${octal(mode)})`;
  return (mode & EXECUTABLE) === 0 ? 'the command is not executable' : undefined;
}

/** What is wrong with the folder of either; undefined when nothing is. */
export function folderProblem({ mode }: JudgedStats): string | undefined {
  return (mode & WRITABLE_BY_OTHERS) === 0
    ? undefined
    : `everybody may write to its folder (mode ${octal(mode)})`;
}

/** Refuses a path whose folder, or that of what it links to, everybody may write to. @throws SecretFailure */
export async function requireSafeFolders(path: string): Promise<void> {
  const folders = new Set([dirname(path), dirname(await realpath(path))]);
  for (const folder of folders) {
    const problem = folderProblem(await stat(folder));
    if (problem !== undefined) throw new SecretFailure('UNSAFE', problem);
  }
}

/** Refuses a program that somebody else may have put there. @throws SecretFailure or the file system's error */
export async function requireSafeCommand(
  command: string,
  trustedDirs: readonly string[] | undefined,
  user: number,
): Promise<void> {
  const facts = await lstat(command);
  if (facts.isSymbolicLink()) throw new SecretFailure('UNSAFE', 'the command is a symbolic link');
  if (!facts.isFile()) throw new SecretFailure('UNSAFE', 'the command is not a regular file');
  const problem = commandProblem(facts, user);
  if (problem !== undefined) throw new SecretFailure('UNSAFE', problem);
  await requireSafeFolders(command);
  if (trustedDirs === undefined) return;
  const real = await realpath(command);
  const trusted = await Promise.all(trustedDirs.map((dir) => realpath(dir).catch(() => undefined)));
  if (!trusted.some((dir) => dir !== undefined && isInside(real, dir)))
    throw new SecretFailure('UNSAFE', 'the command is in none of the trustedDirs');
}

/** The user that this runs as; where there is no such thing, nothing can be verified. @throws SecretFailure */
export function currentUser(): number {
  const user = process.geteuid?.();
  if (user === undefined)
    throw new SecretFailure('UNSAFE', 'who may read the file cannot be verified on this system');
  return user;
}

function isInside(path: string, dir: string): boolean {
  return path.startsWith(dir.endsWith('/') ? dir : `${dir}/`);
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
