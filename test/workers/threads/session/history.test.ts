/** What of a session its model is shown (runs-and-events.md §8). */
import { expect, it } from 'vitest';
import { historyLimits } from '../../../../src/shared/session-limits.js';
import type { TranscriptEntry } from '../../../../src/shared/store/records.js';
import { messagesOf, readHistory } from '../../../../src/workers/threads/session/history.js';
import { historyLine } from '../../../../src/workers/threads/session/history-line.js';
import { showImages } from '../../../../src/workers/threads/session/show-images.js';

const image = (bytes: number): object => ({ type: 'image', mimeType: 'image/png', bytes, blob: 'b' });
const line = (id: string, content: readonly object[], role = 'user'): TranscriptEntry => ({
  type: 'message',
  id,
  timestamp: '',
  message: { role, content },
});
const text = (words: string): object => ({ type: 'text', text: words });
const compaction = (id: string, firstKeptEntryId: string): TranscriptEntry => ({
  type: 'compaction',
  id,
  timestamp: '',
  summary: `summary ${id}`,
  firstKeptEntryId,
});
const transcripts = { newestFirst: () => [], blob: () => Buffer.from('x') };
const shown = (newestFirst: readonly TranscriptEntry[]): string[] =>
  messagesOf(readHistory(newestFirst.map(historyLine), showImages(true, transcripts))).map((message) => {
    const images = message.role === 'user' ? (message.images ?? []) : [];
    return message.text + images.map(() => '+image').join('');
  });

it('the newest images, as many bytes as one message may have', () => {
  const most = historyLimits.imageBytes;
  expect(
    shown([
      line('c', [text('c'), image(most - 10)]),
      line('b', [text('b'), image(10)]),
      line('a', [image(1), image(1)]),
    ]),
  ).toEqual(['[2 of 2 images left out]', 'b+image', 'c+image']);
});

it('no image that is gone', () => {
  const gone = showImages(true, { ...transcripts, blob: () => undefined });
  expect(readHistory([line('a', [image(1)])].map(historyLine), gone).lines[0]).toMatchObject({
    hiddenImages: 1,
  });
});

it('the last summary, what it left as it was, and what came after it', () => {
  const said = ['a', 'b', 'c', 'd', 'e'].map((id) => line(id, [text(id)]));
  const [a, b, c, d, e] = said as [
    TranscriptEntry,
    TranscriptEntry,
    TranscriptEntry,
    TranscriptEntry,
    TranscriptEntry,
  ];
  const before = 'What was said before, in short:\n\n';
  expect(shown([e, compaction('2', 'b'), d, compaction('1', 'b'), c, b, a])).toEqual([
    `${before}summary 2`,
    'b',
    'c',
    'd',
    'e',
  ]);
  expect(shown([e, compaction('2', '2'), d])).toEqual([`${before}summary 2`, 'e']);
  // The line that it kept first was trimmed away, and those before it too.
  expect(shown([compaction('2', 'gone'), d, c])).toEqual([`${before}summary 2`, 'c', 'd']);
});
