/**
 * What an agent's own files say to it before each turn: who it is, whom it works for, how. People write them, and the agent where
 * it may; a workspace without them says nothing. What cannot be read counts as missing: a turn does not fail for it.
 *
 * What was read is kept for as long as the files and their folder look as they did, so every edit counts with the next turn:
 * to open six files cost a turn up to a quarter of its CPU.
 */
import { constants, stat, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { workspaceLimits } from '../../../shared/session-limits.js';

/** In the order in which they are read out. */
const names = ['AGENTS.md', 'SOUL.md', 'TOOLS.md', 'IDENTITY.md', 'USER.md', 'BOOTSTRAP.md'];

export type WorkspacePrompts = (workspace: string) => Promise<string>;

/** @param now milliseconds, of the clock by which files are dated */
export function createWorkspacePrompts(now: () => number = Date.now): WorkspacePrompts {
  const kept = new Map<string, Kept>();
  const read = async (workspace: string): Promise<string> => {
    const known = kept.get(workspace);
    if (known && (await looksAsBefore(known))) return known.prompt;
    const settledBefore = now() - workspaceLimits.settleMs;
    const { prompt, seen } = await readPrompt(workspace);
    kept.delete(workspace);
    if (!seen.every(([, found]) => isSettled(found, settledBefore))) return prompt;
    kept.set(workspace, { prompt, looks: seen.map(([path, found]) => [path, lookOf(found)]) });
    const [oldest = ''] = kept.keys();
    if (kept.size > workspaceLimits.keptPrompts) kept.delete(oldest);
    return prompt;
  };
  const reading = new Map<string, Promise<string>>();
  return (workspace) => {
    // Turns that come in one batch have all been asked for before the first of them looks: that look is for all of them.
    if (reading.size === 0) process.nextTick(() => reading.clear());
    const prompt = reading.get(workspace) ?? read(workspace);
    reading.set(workspace, prompt);
    return prompt;
  };
}

/** What is at a path; `unknown` when it is there and cannot be read. */
type Found = Stats | 'nothing' | 'unknown';

interface Kept {
  readonly prompt: string;
  /** Of the folder, and of each file that is in it: one that comes or goes changes the folder. */
  readonly looks: readonly (readonly [path: string, look: string])[];
}

async function readPrompt(workspace: string) {
  // Before its files: what comes in the meantime is seen next time.
  const folder = await findAt(workspace);
  const files = await Promise.all(
    names.map(async (name) => ({
      name,
      path: join(workspace, name),
      ...(await readBounded(join(workspace, name))),
    })),
  );
  const prompt = files.flatMap(({ name, text }) => (text ? [`[${name}]\n${text}`] : [])).join('\n\n');
  const there = files
    .filter(({ found }) => found !== 'nothing')
    .map(({ path, found }) => [path, found] as const);
  return { prompt, seen: [[workspace, folder] as const, ...there] };
}

async function looksAsBefore({ looks }: Kept): Promise<boolean> {
  const same = await Promise.all(looks.map(async ([path, look]) => lookOf(await findAt(path)) === look));
  return !same.includes(false);
}

/** Two changes in one tick of a file system's clock may look the same: what is so young is read again. */
function isSettled(found: Found, before: number): boolean {
  return found === 'nothing' || (found !== 'unknown' && found.ctimeMs < before);
}

function lookOf(found: Found): string {
  if (typeof found === 'string') return found;
  const { dev, ino, size, mtimeMs, ctimeMs } = found;
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

/** Not the promise of `fs/promises`, whose error costs as much as the look. */
function findAt(path: string): Promise<Found> {
  return new Promise((resolve) => stat(path, (error, stats) => resolve(error ? 'nothing' : stats)));
}

async function readBounded(path: string): Promise<{ readonly text: string; readonly found: Found }> {
  let file;
  try {
    // A pipe without a writer would keep it waiting for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) return { text: '', found };
    const bytes = Buffer.alloc(workspaceLimits.promptFileBytes);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return { text: new TextDecoder().decode(bytes.subarray(0, bytesRead)).trim(), found };
  } catch {
    // A link to nothing is something.
    const isThere = await lstat(path).then(
      () => true,
      () => false,
    );
    return { text: '', found: isThere ? 'unknown' : 'nothing' };
  } finally {
    await file?.close();
  }
}
