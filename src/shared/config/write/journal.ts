/**
 * What is under way while several files change as one (secrets.md §8.2): their new contents, in a file beside the config.
 * It is there before the first of them changes and goes after the last one has, so whoever finds it has the rest to do.
 * One that is not whole means that nothing had begun. Only who holds the config's lock reads, writes or removes it.
 */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { journalPath } from '../../paths.js';
import { makePrivateDir, removeTemporaries, syncDir, writePrivateFile } from '../../private-file.js';
import { errorCode } from '../../to-error.js';

export interface JournalEntry {
  readonly path: string;
  /** Of what was there; null where there was nothing. */
  readonly before: string | null;
  readonly text: string;
}

export interface FinishedJournal {
  /** Files that somebody has changed since: they are as that somebody left them. */
  readonly left: readonly string[];
}

/** @throws the file system's error; nothing is left then */
export function writeJournal(configPath: string, files: readonly JournalEntry[]): void {
  const path = journalPath(configPath);
  const body = JSON.stringify(files);
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(file, `${sha256(body)}\n${body}`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncDir(dirname(path));
  } catch (caught) {
    rmSync(path, { force: true });
    throw caught;
  }
}

/** Everything that it names is on disk before it goes. */
export function removeJournal(configPath: string, files: readonly Pick<JournalEntry, 'path'>[]): void {
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncDir(folder);
  rmSync(journalPath(configPath), { force: true });
  syncDir(dirname(configPath));
}

/** Does what a journal says is left to do; undefined where there is none. @throws the file system's error */
export function finishJournal(configPath: string): FinishedJournal | undefined {
  const path = journalPath(configPath);
  if (!isOurs(path)) return undefined;
  const files = parse(readFileSync(path, 'utf8'));
  if (!files) {
    rmSync(path, { force: true });
    return undefined;
  }
  const left: string[] = [];
  for (const { path: file, before, text: after } of files) {
    removeTemporaries(file);
    const found = hashOf(read(file));
    if (found === sha256(after)) continue;
    if (found !== before) left.push(file);
    else {
      makePrivateDir(dirname(file));
      writePrivateFile(file, after);
    }
  }
  removeJournal(
    configPath,
    files.filter(({ path: file }) => !left.includes(file)),
  );
  return { left };
}

/** As entries have it. */
export function hashOf(content: Uint8Array | undefined): string | null {
  return content === undefined ? null : sha256(content);
}

/** What anybody else has put there is no order to write files. */
function isOurs(path: string): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (!facts?.isFile() || (facts.mode & 0o077) !== 0) return false;
  return process.geteuid === undefined || facts.uid === process.geteuid();
}

function parse(text: string): readonly JournalEntry[] | undefined {
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  return text.slice(0, Math.max(0, end)) === sha256(body)
    ? (JSON.parse(body) as readonly JournalEntry[])
    : undefined;
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT' || errorCode(caught) === 'ENOTDIR') return undefined;
    throw caught;
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
