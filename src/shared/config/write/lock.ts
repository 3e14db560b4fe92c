/**
 * One writer of a config at a time, of all processes: a file beside it (config.md §6). Who gets the lock first does what
 * a writer left to do that was ended in the middle.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configLimits } from '../limits.js';
import { journalPath } from '../../paths.js';
import { createPrivateFile, makePrivateDir } from '../../private-file.js';
import { errorCode, toError } from '../../to-error.js';
import { ConfigWriteError } from './error.js';
import { finishJournal, type FinishedJournal } from './journal.js';

/** @throws ConfigWriteError when another writer keeps it */
export async function withConfigLock<T>(
  configPath: string,
  run: (finished: FinishedJournal | undefined) => T | Promise<T>,
): Promise<T> {
  const file = `${configPath}.lock`;
  makePrivateDir(dirname(configPath));
  const own = JSON.stringify({
    pid: process.pid,
    createdAt: new Date().toISOString(),
    id: randomBytes(8).toString('hex'),
  });
  const until = performance.now() + configLimits.lockWaitMs;
  while (!createPrivateFile(file, own)) {
    if (removeStale(file)) continue;
    if (performance.now() > until)
      throw new ConfigWriteError('locked', `another process is writing the config; its lock is ${file}`);
    await sleep(configLimits.lockPollMs);
  }
  try {
    return await run(finishJournal(configPath));
  } finally {
    // Another process may have taken it for stale, and have one of its own there now.
    if (read(file) === own) rmSync(file, { force: true });
  }
}

/**
 * Does what a writer left to do that was ended in the middle; undefined where none was.
 *
 * @throws Error while it cannot be done: what is in the files belongs to two states
 */
export async function finishInterrupted(configPath: string): Promise<FinishedJournal | undefined> {
  if (!existsSync(journalPath(configPath))) return undefined;
  try {
    return await withConfigLock(configPath, (finished) => finished);
  } catch (caught) {
    const { message } = toError(caught);
    throw new Error(`A change of secrets was interrupted and cannot be completed: ${message}`, {
      cause: caught,
    });
  }
}

/** Moved aside before it is removed: of several processes that find it stale one succeeds. */
function removeStale(file: string): boolean {
  const found = read(file);
  if (found === undefined || !isStale(file, found)) return false;
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch {
    return false; // another process was faster
  }
  // What was moved may be a new writer's by now: it gets its place back.
  const moved = read(aside);
  if (moved !== undefined && moved !== found) createPrivateFile(file, moved);
  rmSync(aside, { force: true });
  return moved === found;
}

function isStale(file: string, content: string): boolean {
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
  if (Date.now() - mtimeMs > configLimits.lockStaleMs) return true;
  try {
    process.kill((JSON.parse(content) as { readonly pid: number }).pid, 0);
    return false;
  } catch (caught) {
    return errorCode(caught) === 'ESRCH';
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
