/** What a model is shown of a session, turn after turn. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TranscriptEntry } from '../../../../src/shared/store/records.js';
import type { TranscriptLines } from '../../../../src/shared/store/transcript-reader.js';
import { createHistory } from '../../../../src/workers/threads/session/history.js';

const limits = { messages: 4, chars: 20, keptChars: 1_000, messageChars: 10 };

interface Transcript {
  readonly lines: TranscriptEntry[];
  start: number;
}

/** Transcripts in memory; `read` notes the place of each line that was read. */
function transcriptsOf(
  stored: ReadonlyMap<string, Transcript>,
): TranscriptLines & { readonly read: number[] } {
  const read: number[] = [];
  return {
    read,
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
const said = (text: string, role = 'user'): TranscriptEntry =>
  entry({ message: { role, content: [{ type: 'text', text }] } });
const opened = (...lines: TranscriptEntry[]): Transcript => ({
  lines: [entry({ type: 'session' }), ...lines],
  start: 1,
});
const textsOf = (messages: readonly { readonly text: string }[]): string[] =>
  messages.map(({ text }) => text);

test('the next turn of a session reads only what was added since', () => {
  const transcript = opened(said('one'), said('two', 'assistant'));
  const transcripts = transcriptsOf(new Map([['s', transcript]]));
  const readHistory = createHistory(transcripts, limits);
  expect(textsOf(readHistory('s', 3))).toEqual(['one', 'two']);
  transcript.lines.push(said('three'));
  transcripts.read.length = 0;
  expect(textsOf(readHistory('s', 4))).toEqual(['one', 'two', 'three']);
  expect(transcripts.read).toEqual([3]);
});

test('a turn that begins anew is shown no more than the first time', () => {
  const transcript = opened(said('one'), said('two'), said('three'));
  const readHistory = createHistory(transcriptsOf(new Map([['s', transcript]])), limits);
  readHistory('s', 4);
  expect(textsOf(readHistory('s', 3))).toEqual(['one', 'two']);
});

test('what was trimmed away since the last turn is not shown', () => {
  const transcript = opened(said('one'), said('two'), said('three'));
  const readHistory = createHistory(transcriptsOf(new Map([['s', transcript]])), limits);
  readHistory('s', 3);
  transcript.start = 3;
  expect(textsOf(readHistory('s', 4))).toEqual(['three']);
});

test('what came before a summary is not shown, whether it was read before or not', () => {
  const transcript = opened(said('one'), said('two'));
  const readHistory = createHistory(transcriptsOf(new Map([['s', transcript]])), limits);
  readHistory('s', 3);
  transcript.lines.push(entry({ type: 'compaction' }), said('three'));
  expect(textsOf(readHistory('s', 5))).toEqual(['three']);
  transcript.lines.push(said('four'));
  expect(textsOf(readHistory('s', 6))).toEqual(['three', 'four']);
});

test('the sessions used last are kept, and others read anew', () => {
  const stored = new Map(['a', 'b', 'c'].map((id) => [id, opened(said('0123456789'))]));
  const transcripts = transcriptsOf(stored);
  const readHistory = createHistory(transcripts, { ...limits, keptChars: 40 });
  for (const id of ['a', 'b', 'a', 'c']) readHistory(id, 2);
  transcripts.read.length = 0;
  readHistory('a', 2);
  expect(transcripts.read).toEqual([]);
  readHistory('b', 2);
  expect(transcripts.read).toEqual([1]);
});

test('a session is shown the same, whatever was read of it before', () => {
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.string({ maxLength: 12 }).map((text) => said(text)) },
    { weight: 1, arbitrary: fc.constant(entry({ type: 'compaction' })) },
    { weight: 1, arbitrary: fc.constant(entry({ type: 'custom' })) },
  );
  fc.assert(
    fc.property(
      fc.array(fc.record({ lines: fc.array(line, { maxLength: 6 }), trim: fc.option(fc.nat(5)) })),
      (turns) => {
        const transcript = opened();
        const transcripts = transcriptsOf(new Map([['s', transcript]]));
        const readHistory = createHistory(transcripts, limits);
        for (const { lines, trim } of turns) {
          transcript.lines.push(...lines);
          if (trim !== null) transcript.start = Math.max(transcript.start, transcript.lines.length - trim);
          const before = transcript.lines.length;
          expect(readHistory('s', before)).toEqual(createHistory(transcripts, limits)('s', before));
        }
      },
    ),
  );
});
