/** What every store must do with transcripts and what they name. */
import { describe, expect, it } from 'vitest';
import type { Change, Store } from '../../../src/primary/store/store.js';
import type { TranscriptEntry } from '../../../src/shared/store/records.js';
import { ended, key, line, run } from './records.js';

export function transcriptContract(store: () => Store, reopen: () => Promise<void>): void {
  describe('transcripts', () => {
    const read = async (sessionId: string, from: number, to: number): Promise<[number, string][]> =>
      (await store().transcripts.read(sessionId, from, to)).map(({ index, entry: { id } }) => [index, id]);

    it('keeps lines in the order in which they were appended', async () => {
      await store().commit([
        { type: 'append', sessionId: 's1', entries: [line('a'), line('b')] },
        { type: 'append', sessionId: 's2', entries: [line('x')] },
        { type: 'append', sessionId: 's1', entries: [line('c')] },
      ]);
      await reopen();
      await store().commit([{ type: 'append', sessionId: 's1', entries: [line('d')] }]);
      expect(await read('s1', 0, 10)).toEqual([
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
        [3, 'd'],
      ]);
      expect(await read('s1', 1, 3)).toEqual([
        [1, 'b'],
        [2, 'c'],
      ]);
      expect([await store().transcripts.length('s1'), await store().transcripts.length('s2')]).toEqual([
        4, 1,
      ]);
      expect((await store().transcripts.read('s2', 0, 1))[0]?.entry).toEqual(line('x'));
    });

    it('loses and doubles nothing when many are appended at once', async () => {
      const writes = Array.from({ length: 200 }, (_, n) =>
        store().commit([{ type: 'append', sessionId: 's1', entries: [line(String(n))] }]),
      );
      await Promise.all(writes);
      expect(await read('s1', 0, 1_000)).toEqual(Array.from({ length: 200 }, (_, n) => [n, String(n)]));
    });

    it('remembers where a trimmed transcript begins, and keeps every line in its place', async () => {
      await store().commit([{ type: 'append', sessionId: 's1', entries: ['h', 'a', 'b', 'c'].map(line) }]);
      expect([await store().transcripts.start('s1'), await store().transcripts.start('s2')]).toEqual([1, 1]);
      const archive = {
        name: 's1.jsonl.compacted.7',
        sessionKey: key('main'),
        sessionId: 's1',
        from: 1,
        to: 3,
        archivedAt: 7,
      };
      await store().commit([
        { type: 'trim', sessionId: 's1', start: 3 },
        { type: 'archive', archive },
      ]);
      await reopen();
      expect([await store().transcripts.start('s1'), await store().transcripts.length('s1')]).toEqual([3, 4]);
      expect(await read('s1', 2, 4)).toEqual([
        [2, 'b'],
        [3, 'c'],
      ]);
      expect(await store().transcripts.archive(archive.name)).toEqual(archive);
      expect(await store().transcripts.archive('other')).toBeUndefined();
      await store().commit([{ type: 'drop-lines', sessionId: 's1', from: 0, to: 9 }]);
      expect(await store().transcripts.start('s1')).toBe(1);
    });

    it('drops lines and keeps the rest in their places', async () => {
      await store().commit([{ type: 'append', sessionId: 's1', entries: ['h', 'a', 'b', 'c'].map(line) }]);
      await store().commit([{ type: 'drop-lines', sessionId: 's1', from: 1, to: 3 }]);
      expect(await read('s1', 0, 9)).toEqual([
        [0, 'h'],
        [3, 'c'],
      ]);
      await store().commit([{ type: 'append', sessionId: 's1', entries: [line('d')] }]);
      expect(await store().transcripts.length('s1')).toBe(5);
    });

    it('tells which transcripts and archives there are, page by page', async () => {
      const name = (sessionId: string, at: number): string => `${sessionId}.jsonl.reset.${at}`;
      const archive = (sessionId: string, at: number): Change => ({
        type: 'archive',
        archive: { name: name(sessionId, at), sessionKey: key('x'), sessionId, from: 1, archivedAt: at },
      });
      await store().commit([
        ...['b', 'a', 'a-b'].map((sessionId): Change => ({
          type: 'append',
          sessionId,
          entries: [line('1'), line('2')],
        })),
        archive('a', 1),
        archive('a', 2),
        archive('a-b', 3),
      ]);
      const { transcripts } = store();
      expect(await transcripts.ids(undefined, 2)).toEqual(['a', 'a-b']);
      expect(await transcripts.ids('a-b', 2)).toEqual(['b']);
      const names = async (after: string | undefined, limit: number): Promise<string[]> =>
        (await transcripts.archives(after, limit)).map((one) => one.name);
      const [first = ''] = await names(undefined, 1);
      expect(await names(first, 9)).toHaveLength(2);
      expect((await transcripts.archivesOf('a')).map((one) => one.name)).toEqual([
        name('a', 1),
        name('a', 2),
      ]);
      await store().commit([{ type: 'drop-archive', name: name('a', 1) }]);
      expect((await transcripts.archivesOf('a')).map((one) => one.archivedAt)).toEqual([2]);
    });

    it('drops a transcript and no other', async () => {
      await store().commit([
        { type: 'append', sessionId: 's1', entries: [line('a')] },
        { type: 'append', sessionId: 's10', entries: [line('b')] },
      ]);
      await store().commit([{ type: 'drop-lines', sessionId: 's1', from: 0, to: 9 }]);
      expect([await store().transcripts.length('s1'), await store().transcripts.length('s10')]).toEqual([
        0, 1,
      ]);
    });
  });

  describe('blobs', () => {
    const bytes = Buffer.alloc(200_000, 'blob');
    const images = [{ type: 'image', mimeType: 'image/png', bytes: bytes.length, blob: 'hash' }] as const;
    const blob: Change = { type: 'blob', blob: 'hash', bytes };
    const withImage = (id: string): TranscriptEntry => ({
      ...line(id),
      message: { role: 'user', content: [{ type: 'text', text: 'look' }, ...images] },
    });
    const kept = async (): Promise<boolean> => (await store().transcripts.blob('hash')) !== undefined;

    it('are kept while a line names them, whole, also after a restart', async () => {
      await store().commit([{ type: 'append', sessionId: 's1', entries: [withImage('a')] }, blob]);
      await store().commit([blob, { type: 'append', sessionId: 's2', entries: [line('x'), withImage('a')] }]);
      await reopen();
      expect(Buffer.compare((await store().transcripts.blob('hash')) ?? Buffer.alloc(0), bytes)).toBe(0);
      await store().commit([{ type: 'drop-lines', sessionId: 's1', from: 0, to: 9 }]);
      expect(await kept()).toBe(true);
      await store().commit([{ type: 'drop-lines', sessionId: 's2', from: 0, to: 1 }]);
      expect(await kept()).toBe(true);
      await store().commit([{ type: 'drop-lines', sessionId: 's2', from: 1, to: 2 }]);
      expect(await kept()).toBe(false);
    });

    it('are kept for a run that waits, until its message is a line or it has ended', async () => {
      await store().claimRun(run('A', { images }), [blob]);
      await store().claimRun(run('B', { images }), [blob]);
      await store().commit([{ type: 'run', run: { ...ended('A', 5), images } }]);
      expect(await kept()).toBe(true);
      await store().commit([
        { type: 'run', run: run('B', { images, startedAt: 2 }) },
        { type: 'append', sessionId: 's1', entries: [withImage('a')] },
      ]);
      expect(await kept()).toBe(true);
      await store().commit([{ type: 'drop-lines', sessionId: 's1', from: 0, to: 9 }]);
      expect(await kept()).toBe(false);
    });

    it('are not kept when nothing names them', async () => {
      await store().claimRun(run('A'), []);
      await store().claimRun(run('A', { images }), [blob]);
      await store().commit([blob]);
      expect(await kept()).toBe(false);
    });
  });
}
