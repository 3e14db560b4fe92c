/** Lines of transcripts as a thread reads them, turn after turn. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TranscriptEntry } from '../../../../src/shared/store/records.js';
import type { TranscriptReader } from '../../../../src/shared/store/transcript-reader.js';
import {
  createKnownLines,
  type TranscriptLines,
} from '../../../../src/workers/threads/session/known-lines.js';

const limits = { keptChars: 1_000, lineChars: 10 };

interface Transcript {
  readonly lines: TranscriptEntry[];
  start: number;
}

/** Transcripts in memory; `read` notes the place of each line that was read. */
function transcriptsOf(
  stored: ReadonlyMap<string, Transcript>,
): TranscriptReader & { readonly read: number[] } {
  const read: number[] = [];
  return {
    read,
    blob: () => undefined,
    view(sessionId) {
      const { lines, start } = stored.get(sessionId) ?? { lines: [], start: 1 };
      return {
        start,
        *newestFirst(from, before) {
          for (let at = Math.min(before, lines.length) - 1; at >= from; at -= 1) {
            read.push(at);
            yield lines[at] as TranscriptEntry;
          }
        },
      };
    },
  };
}

const entry = (fields: object): TranscriptEntry => ({ type: 'message', id: '1', timestamp: '', ...fields });
const said = (id: string): TranscriptEntry =>
  entry({ id, message: { role: 'user', content: [{ type: 'text', text: id }] } });
const opened = (...lines: TranscriptEntry[]): Transcript => ({
  lines: [entry({ type: 'session' }), ...lines],
  start: 1,
});

/** Ids as they are read, at most so many. */
function idsOf(lines: TranscriptLines, sessionId: string, before: number, most = Infinity): string[] {
  const ids: string[] = [];
  for (const { id } of lines.newestFirst(sessionId, before)) {
    if (ids.push(id) >= most) break;
  }
  return ids;
}

test('the next turn of a session reads only what was added since', () => {
  const transcript = opened(said('one'), said('two'));
  const reader = transcriptsOf(new Map([['s', transcript]]));
  const lines = createKnownLines(reader, limits);
  expect(idsOf(lines, 's', 3)).toEqual(['two', 'one']);
  transcript.lines.push(said('three'));
  reader.read.length = 0;
  expect(idsOf(lines, 's', 4)).toEqual(['three', 'two', 'one']);
  expect(reader.read).toEqual([3]);
});

test('a turn that reads further than the last one reads what that left', () => {
  const reader = transcriptsOf(new Map([['s', opened(said('one'), said('two'), said('three'))]]));
  const lines = createKnownLines(reader, limits);
  expect(idsOf(lines, 's', 4, 2)).toEqual(['three', 'two']);
  reader.read.length = 0;
  expect(idsOf(lines, 's', 4)).toEqual(['three', 'two', 'one']);
  expect(reader.read).toEqual([1]);
});

test('a turn that begins anew reads no more than the first time', () => {
  const reader = transcriptsOf(new Map([['s', opened(said('one'), said('two'), said('three'))]]));
  const lines = createKnownLines(reader, limits);
  idsOf(lines, 's', 4);
  expect(idsOf(lines, 's', 3)).toEqual(['two', 'one']);
});

test('what was trimmed away since the last turn is not read', () => {
  const transcript = opened(said('one'), said('two'), said('three'));
  const lines = createKnownLines(transcriptsOf(new Map([['s', transcript]])), limits);
  idsOf(lines, 's', 3);
  transcript.start = 3;
  expect(idsOf(lines, 's', 4)).toEqual(['three']);
});

test('the sessions used last are kept, and others read anew', () => {
  const stored = new Map(['a', 'b', 'c'].map((id) => [id, opened(said('0123456789'))]));
  const reader = transcriptsOf(stored);
  const lines = createKnownLines(reader, { ...limits, keptChars: 40 });
  for (const id of ['a', 'b', 'a', 'c']) idsOf(lines, id, 2);
  reader.read.length = 0;
  idsOf(lines, 'a', 2);
  expect(reader.read).toEqual([]);
  idsOf(lines, 'b', 2);
  expect(reader.read).toEqual([1]);
});

test('a session reads the same, whatever was read of it before', () => {
  const turn = fc.record({ added: fc.nat(6), trim: fc.option(fc.nat(5)), most: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(turn), (turns) => {
      const transcript = opened();
      const reader = transcriptsOf(new Map([['s', transcript]]));
      const lines = createKnownLines(reader, limits);
      for (const { added, trim, most } of turns) {
        for (let n = 0; n < added; n += 1) transcript.lines.push(said(String(transcript.lines.length)));
        if (trim !== null) transcript.start = Math.max(transcript.start, transcript.lines.length - trim);
        const before = transcript.lines.length;
        expect(idsOf(lines, 's', before, most)).toEqual(
          idsOf(createKnownLines(reader, limits), 's', before, most),
        );
      }
    }),
  );
});
