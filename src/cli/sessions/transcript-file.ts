/**
 * The transcript of a session as a file: read twice, first to find what is wrong with it, then to take its good lines. Its
 * own line comes first, and only there; where that one is lost another is made, since every transcript has one.
 */
import type { SessionEntry, TranscriptEntry } from '../../shared/store/records.js';
import { importLimits } from '../limits.js';
import { readLine, type Read } from './file-form.js';
import { textLines } from './text-lines.js';

export interface SkippedLine {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

export interface Survey {
  /** The session that the transcript says it is of; undefined when it does not say. */
  readonly sessionId: string | undefined;
  readonly skippedLines: number;
  /** The first few of them. */
  readonly skipped: readonly SkippedLine[];
}

/** @throws the file system's error */
export async function surveyTranscript(path: string, entry: SessionEntry): Promise<Survey> {
  const skipped: SkippedLine[] = [];
  let skippedLines = 0;
  let sessionId: string | undefined;
  for await (const { number, read } of transcriptLines(path, entry)) {
    if (read.ok) {
      if (read.value.type === 'session') sessionId = read.value.id;
      continue;
    }
    skippedLines += 1;
    if (skipped.length < importLimits.namedLines) skipped.push({ line: number, reason: read.reason });
  }
  return { sessionId, skippedLines, skipped };
}

/** Its good lines, in pages that fit into memory. @throws the file system's error */
export async function* transcriptPages(path: string, entry: SessionEntry): AsyncGenerator<TranscriptEntry[]> {
  let page: TranscriptEntry[] = [];
  let size = 0;
  for await (const { read, bytes } of transcriptLines(path, entry)) {
    if (!read.ok) continue;
    page.push(read.value);
    size += bytes;
    if (size < importLimits.pageBytes && page.length < importLimits.pageLines) continue;
    yield page;
    page = [];
    size = 0;
  }
  if (page.length > 0) yield page;
}

interface ReadLine {
  readonly number: number;
  readonly bytes: number;
  readonly read: Read<TranscriptEntry>;
}

async function* transcriptLines(path: string, entry: SessionEntry): AsyncGenerator<ReadLine> {
  let begun = false;
  for await (const { number, text, bytes } of textLines(path, importLimits.lineBytes)) {
    if (bytes === 0) continue;
    const read = text === undefined ? refused('not UTF-8, or too long') : readLine(text);
    const isFirst = read.ok && read.value.type === 'session';
    if (!begun && !isFirst) yield { number, bytes: 0, read: { ok: true, value: firstLine(entry) } };
    const isSecond = begun && isFirst;
    begun = true;
    yield { number, bytes, read: isSecond ? refused('a second line of type session') : read };
  }
}

function firstLine({ sessionId, sessionStartedAt, updatedAt }: SessionEntry): TranscriptEntry {
  const timestamp = new Date(sessionStartedAt ?? updatedAt).toISOString();
  return { type: 'session', version: 3, id: sessionId, timestamp };
}

function refused(reason: string): Read<never> {
  return { ok: false, reason };
}
