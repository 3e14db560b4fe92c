/** Reads sessions out of files and puts them into the store, each whole or not at all. What is wrong with one stops no other. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionSink } from '../../shared/stored-sessions.js';
import { errorCode, toError } from '../../shared/to-error.js';
import { importLimits } from '../limits.js';
import { isRecord } from '../record.js';
import { UserError } from '../user-error.js';
import { INDEX_FILE, readEntry, TRANSCRIPT_ENDING, type IndexedEntry } from './file-form.js';
import { surveyTranscript, transcriptPages, type SkippedLine, type Survey } from './transcript-file.js';

export interface ImportReport {
  readonly sessions: number;
  readonly lines: number;
  /** Sessions that are not in the store now, or are there as they were. */
  readonly refused: readonly { readonly key: string; readonly reason: string }[];
  readonly skippedLines: number;
  /** Of each file the first few. */
  readonly skipped: readonly (SkippedLine & { readonly file: string })[];
  /** Transcripts that no entry of the index names. */
  readonly unnamed: readonly string[];
}

/** @param dir as `export` has written it. @throws UserError when it is no export */
export async function importSessions(
  sink: SessionSink,
  dir: string,
  replace: boolean,
): Promise<ImportReport> {
  const index = Object.entries(await readIndex(dir)).map(([key, value]) => ({ key, read: readEntry(value) }));
  const files = (await readdir(dir)).filter((name) => name.endsWith(TRANSCRIPT_ENDING)).toSorted();
  const named = new Set(index.map(({ read }) => (read.ok ? read.value.file : undefined)));
  const imported: Imported[] = [];
  const refused: { key: string; reason: string }[] = [];
  for (const { key, read } of index) {
    try {
      if (!read.ok) throw new Error(read.reason);
      imported.push(await importOne(sink, dir, key, read.value, replace));
    } catch (caught) {
      refused.push({ key, reason: toError(caught).message });
    }
  }
  return {
    sessions: imported.length,
    lines: imported.reduce((sum, { lines }) => sum + lines, 0),
    refused,
    skippedLines: imported.reduce((sum, { skippedLines }) => sum + skippedLines, 0),
    skipped: imported.flatMap(({ file, skipped }) => skipped.map((line) => ({ file, ...line }))),
    unnamed: files.filter((file) => !named.has(file)),
  };
}

interface Imported {
  readonly file: string;
  readonly lines: number;
  readonly skippedLines: number;
  readonly skipped: readonly SkippedLine[];
}

/** @throws Error saying why the session was not imported */
async function importOne(
  sink: SessionSink,
  dir: string,
  key: string,
  { entry, file, isNamed }: IndexedEntry,
  replace: boolean,
): Promise<Imported> {
  const path = join(dir, file);
  const exists = await isThere(path);
  if (!exists && isNamed) throw new Error(`${file} is missing`);
  const survey = exists ? await surveyTranscript(path, entry) : nothing;
  const { sessionId = entry.sessionId } = survey;
  if (sessionId !== entry.sessionId) throw new Error(`${file} is the transcript of another session`);
  const pages = exists ? transcriptPages(path, entry) : noPages();
  const stored = await sink.put({ key, entry, pages }, replace);
  if (!stored.stored) throw new Error(stored.reason);
  const { skippedLines, skipped } = survey;
  return { file, lines: stored.lines, skippedLines, skipped };
}

const nothing: Survey = { sessionId: undefined, skippedLines: 0, skipped: [] };

async function* noPages(): AsyncGenerator<never> {}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return false;
    throw caught;
  }
}

async function readIndex(dir: string): Promise<object> {
  const path = join(dir, INDEX_FILE);
  if (!(await isThere(path))) throw new UserError(`${dir} is no export: it has no ${INDEX_FILE}`);
  if ((await stat(path)).size > importLimits.indexBytes)
    throw new UserError(`${path} is larger than ${importLimits.indexBytes} bytes`);
  let index: unknown;
  try {
    index = JSON.parse(await readFile(path, 'utf8'));
  } catch (caught) {
    throw new UserError(`${path} cannot be read: ${toError(caught).message}`);
  }
  if (isRecord(index)) return index;
  throw new UserError(`${path} is not an object of sessions`);
}
