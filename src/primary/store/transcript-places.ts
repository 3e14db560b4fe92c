/** Where lines of transcripts stand: the place of each is its transcript and its index in it. */
import type { Database } from 'lmdb';
import type { TranscriptEntry } from '../../shared/store/records.js';

interface TranscriptTable {
  readonly transcripts: Database<TranscriptEntry, [string, number]>;
}

/** Where the last line of a transcript ends. */
export function transcriptLength({ transcripts }: TranscriptTable, sessionId: string): number {
  const { start, end } = wholeTranscript(sessionId);
  const [last] = transcripts.getKeys({ start: end, end: start, reverse: true, limit: 1 });
  return last ? last[1] + 1 : 0;
}

/** Skips from one to the next, however many lines there are. */
export function transcriptIds(
  { transcripts }: TranscriptTable,
  after: string | undefined,
  limit: number,
): string[] {
  const ids: string[] = [];
  let last = after;
  while (ids.length < limit) {
    const start: [string, number] = last === undefined ? ['', 0] : wholeTranscript(last).end;
    const [next] = transcripts.getKeys({ start, limit: 1 });
    if (!next) break;
    [last] = next;
    ids.push(last);
  }
  return ids;
}

function wholeTranscript(sessionId: string): { start: [string, number]; end: [string, number] } {
  return { start: [sessionId, -1], end: [sessionId, Number.MAX_SAFE_INTEGER] };
}
