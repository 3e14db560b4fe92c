/** What every store must do, whatever it keeps things in. `open` gives an empty one, `reopen` the same one again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError, type Change, type Store } from '../../../src/primary/store/store.js';
import type {
  PairedDevice,
  PairingRequest,
  RunRecord,
  SessionEntry,
  SessionKey,
  TranscriptEntry,
} from '../../../src/shared/store/records.js';

export interface StoreUnderTest {
  open(): Promise<Store>;
  /** Closes the store and opens it again, as a restart does. */
  reopen(store: Store): Promise<Store>;
  dispose(): Promise<void>;
}

const key = (rest: string): SessionKey => `agent:main:${rest}` as SessionKey;
const entry = (sessionId: string, updatedAt: number, more: Partial<SessionEntry> = {}): SessionEntry => ({
  sessionId,
  updatedAt,
  ...more,
});
const session = (rest: string, value: SessionEntry | null): Change => ({
  type: 'session',
  key: key(rest),
  entry: value,
});
const line = (id: string): TranscriptEntry => ({
  type: 'message',
  id,
  parentId: null,
  timestamp: '2026-01-01T00:00:00.000Z',
  message: { role: 'user', content: [{ type: 'text', text: `line ${id} ü 🙂` }] },
});
const run = (runId: string, more: Partial<RunRecord> = {}): RunRecord => ({
  runId,
  method: 'agent',
  sessionKey: key('main'),
  sessionId: 's1',
  agentId: 'main',
  message: 'Hi',
  acceptedAt: 1,
  ...more,
});
const ended = (runId: string, endedAt: number): RunRecord =>
  run(runId, { end: { endedAt, status: 'ok', payload: { runId, status: 'ok', summary: 'completed' } } });
const device = (deviceId: string): PairedDevice => ({
  deviceId,
  publicKey: 'k',
  roles: ['operator'],
  scopes: ['operator.read'],
  approvedScopes: ['operator.read'],
  approvedVia: 'silent',
  createdAtMs: 1,
  approvedAtMs: 2,
  tokens: {},
});
const request = (requestId: string, deviceId: string): PairingRequest => ({
  requestId,
  deviceId,
  publicKey: 'k',
  ts: 1,
});

export function storeContract(name: string, create: () => StoreUnderTest): void {
  describe(name, () => {
    let subject: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      subject = create();
      store = await subject.open();
    });
    afterEach(async () => {
      await store.close();
      await subject.dispose();
    });
    const reopen = async (): Promise<void> => void (store = await subject.reopen(store));

    describe('sessions', () => {
      it('gives back what was put, also after a restart, and keeps fields that it does not know', async () => {
        const value = entry('s1', 5, { label: 'notes', fromTheFuture: { a: [1, null, 'x'] } });
        await store.commit([session('main', value)]);
        expect(await store.sessions.get(key('main'))).toEqual(value);
        await reopen();
        expect(await store.sessions.get(key('main'))).toEqual(value);
        expect(await store.sessions.get(key('other'))).toBeUndefined();
      });

      it('lists the last updated first, page by page', async () => {
        await store.commit([1, 2, 3, 4, 5].map((n) => session(`s${n}`, entry(`id${n}`, n * 10))));
        await store.commit([session('s2', entry('id2', 99))]);
        const keys = async (offset: number, limit: number): Promise<string[]> =>
          (await store.sessions.newest({ archived: false, offset, limit })).map((row) =>
            row.key.slice('agent:main:'.length),
          );
        expect(await keys(0, 3)).toEqual(['s2', 's5', 's4']);
        expect(await keys(3, 3)).toEqual(['s3', 's1']);
        expect(await keys(9, 3)).toEqual([]);
        expect(await store.sessions.count(false)).toBe(5);
        const [, second] = await store.sessions.newest({ archived: false, limit: 2 });
        const rest = await store.sessions.newest({ archived: false, limit: 2, after: second });
        expect(rest.map((row) => row.entry.sessionId)).toEqual(['id4', 'id3']);
      });

      it('keeps archived sessions apart', async () => {
        await store.commit([session('a', entry('id-a', 1)), session('b', entry('id-b', 2))]);
        await store.commit([session('a', entry('id-a', 1, { archived: true }))]);
        const ids = async (archived: boolean): Promise<unknown[]> => [
          ...(await store.sessions.newest({ archived, limit: 9 })).map((row) => row.entry.sessionId),
          await store.sessions.count(archived),
        ];
        expect([await ids(false), await ids(true)]).toEqual([
          ['id-b', 1],
          ['id-a', 1],
        ]);
        await store.commit([session('a', null), session('b', entry('id-b', 3))]);
        expect([await ids(false), await ids(true)]).toEqual([['id-b', 1], [0]]);
      });

      it('finds sessions by the beginning of their id', async () => {
        await store.commit(
          ['ab1', 'ab2', 'ac1', 'b'].map((id, n) => session(id, entry(id, n, { label: 'x' }))),
        );
        expect(await store.sessions.withIdPrefix('ab', 9)).toEqual([key('ab1'), key('ab2')]);
        expect(await store.sessions.withIdPrefix('a', 1)).toEqual([key('ab1')]);
        expect(await store.sessions.withIdPrefix('x', 9)).toEqual([]);
      });

      it('counts the sessions of an agent, and of no other whose name begins so', async () => {
        const put = (name: string): Change => ({
          type: 'session',
          key: name as SessionKey,
          entry: entry(name, 1),
        });
        await store.commit(['agent:a:x', 'agent:a:y', 'agent:ab:x', 'agent:b:x', 'global'].map(put));
        const counts = await Promise.all(['a', 'ab', 'b', 'c'].map((id) => store.sessions.countOf(id)));
        expect(counts).toEqual([2, 1, 1, 0]);
      });

      it('finds sessions by id and by label, and forgets old ids, labels and deleted sessions', async () => {
        await store.commit([
          session('a', entry('id-a', 1, { label: 'x' })),
          session('b', entry('id-b', 1, { label: 'x' })),
          session('c', entry('id-c', 1, { label: 'xy' })),
        ]);
        expect(await store.sessions.labelled('x')).toEqual([key('a'), key('b')]);
        expect(await store.sessions.keyOf('id-a')).toBe(key('a'));
        await store.commit([session('a', entry('id-a2', 2, { label: 'z' })), session('b', null)]);
        expect(await store.sessions.labelled('x')).toEqual([]);
        expect(await store.sessions.labelled('z')).toEqual([key('a')]);
        expect([await store.sessions.keyOf('id-a'), await store.sessions.keyOf('id-a2')]).toEqual([
          undefined,
          key('a'),
        ]);
        expect([await store.sessions.get(key('b')), await store.sessions.count(false)]).toEqual([
          undefined,
          2,
        ]);
      });
    });

    describe('transcripts', () => {
      const read = async (sessionId: string, from: number, to: number): Promise<[number, string][]> =>
        (await store.transcripts.read(sessionId, from, to)).map(({ index, entry: { id } }) => [index, id]);

      it('keeps lines in the order in which they were appended', async () => {
        await store.commit([
          { type: 'append', sessionId: 's1', entries: [line('a'), line('b')] },
          { type: 'append', sessionId: 's2', entries: [line('x')] },
          { type: 'append', sessionId: 's1', entries: [line('c')] },
        ]);
        await reopen();
        await store.commit([{ type: 'append', sessionId: 's1', entries: [line('d')] }]);
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
        expect([await store.transcripts.length('s1'), await store.transcripts.length('s2')]).toEqual([4, 1]);
        expect((await store.transcripts.read('s2', 0, 1))[0]?.entry).toEqual(line('x'));
      });

      it('loses and doubles nothing when many are appended at once', async () => {
        const writes = Array.from({ length: 200 }, (_, n) =>
          store.commit([{ type: 'append', sessionId: 's1', entries: [line(String(n))] }]),
        );
        await Promise.all(writes);
        expect(await read('s1', 0, 1_000)).toEqual(Array.from({ length: 200 }, (_, n) => [n, String(n)]));
      });

      it('remembers where a trimmed transcript begins, and keeps every line in its place', async () => {
        await store.commit([{ type: 'append', sessionId: 's1', entries: ['h', 'a', 'b', 'c'].map(line) }]);
        expect([await store.transcripts.start('s1'), await store.transcripts.start('s2')]).toEqual([1, 1]);
        const archive = {
          name: 's1.jsonl.compacted.7',
          sessionKey: key('main'),
          sessionId: 's1',
          from: 1,
          to: 3,
          archivedAt: 7,
        };
        await store.commit([
          { type: 'trim', sessionId: 's1', start: 3 },
          { type: 'archive', archive },
        ]);
        await reopen();
        expect([await store.transcripts.start('s1'), await store.transcripts.length('s1')]).toEqual([3, 4]);
        expect(await read('s1', 2, 4)).toEqual([
          [2, 'b'],
          [3, 'c'],
        ]);
        expect(await store.transcripts.archive(archive.name)).toEqual(archive);
        expect(await store.transcripts.archive('other')).toBeUndefined();
        await store.commit([{ type: 'drop-transcript', sessionId: 's1' }]);
        expect(await store.transcripts.start('s1')).toBe(1);
      });

      it('drops a transcript and no other', async () => {
        await store.commit([
          { type: 'append', sessionId: 's1', entries: [line('a')] },
          { type: 'append', sessionId: 's10', entries: [line('b')] },
        ]);
        await store.commit([{ type: 'drop-transcript', sessionId: 's1' }]);
        expect([await store.transcripts.length('s1'), await store.transcripts.length('s10')]).toEqual([0, 1]);
      });
    });

    it('a change that cannot be stored undoes those before it, and only those', async () => {
      const good = store.commit([{ type: 'append', sessionId: 's1', entries: [line('a')] }]);
      const bad = store.commit([
        { type: 'append', sessionId: 's1', entries: [line('b')] },
        session('x'.repeat(10_000), entry('id', 1)),
      ]);
      const after = store.commit([{ type: 'append', sessionId: 's1', entries: [line('c')] }]);
      await expect(bad).rejects.toThrow(StoreError);
      await Promise.all([good, after]);
      const lines = await store.transcripts.read('s1', 0, 9);
      expect(lines.map((one) => one.entry.id)).toEqual(['a', 'c']);
      expect(await store.sessions.count(false)).toBe(0);
    });

    describe('runs', () => {
      it('one of many claims of a key succeeds, and only its changes are made', async () => {
        const claims = await Promise.all(
          Array.from({ length: 20 }, (_, n) =>
            store.claimRun(run('K', { acceptedAt: n }), [
              { type: 'append', sessionId: 's1', entries: [line(String(n))] },
            ]),
          ),
        );
        expect(claims.filter((taken) => taken === undefined)).toHaveLength(1);
        const winner = await store.runs.get('K');
        expect(claims.filter(Boolean)).toEqual(Array.from({ length: 19 }, () => winner));
        expect((await store.transcripts.read('s1', 0, 9)).map(({ entry: { id } }) => id)).toEqual([
          String(winner?.acceptedAt),
        ]);
      });

      it('knows after a restart which runs have not ended, and how the others did', async () => {
        await store.commit([
          { type: 'run', run: run('A') },
          { type: 'run', run: run('B') },
        ]);
        await store.commit([{ type: 'run', run: ended('B', 7) }]);
        await reopen();
        expect((await store.runs.open()).map(({ runId }) => runId)).toEqual(['A']);
        expect(await store.claimRun(run('B'), [])).toEqual(ended('B', 7));
      });

      it('forgets old ended runs and the oldest above the limit, never open ones', async () => {
        await store.commit(
          [run('open'), ...[1, 2, 3, 4].map((n) => ended(`r${n}`, n * 10))].map((one) => ({
            type: 'run',
            run: one,
          })),
        );
        expect(await store.pruneRuns(15, 2)).toBe(2);
        const left = await Promise.all(['open', 'r1', 'r2', 'r3', 'r4'].map((id) => store.runs.get(id)));
        expect(left.map((one) => one?.runId)).toEqual(['open', undefined, undefined, 'r3', 'r4']);
        expect(await store.pruneRuns(15, 2)).toBe(0);
      });
    });

    it('adds up what was used, by day, agent and model', async () => {
      const used = (date: string, model: string, input: number) =>
        ({
          type: 'usage',
          used: {
            date,
            agentId: 'main',
            provider: 'p',
            model,
            runs: 1,
            input,
            output: 2,
            cacheRead: 3,
            cacheWrite: 4,
          },
        }) as const;
      await store.commit([
        used('2026-01-02', 'a', 10),
        used('2026-01-01', 'a', 1),
        used('2026-01-03', 'a', 1),
      ]);
      await store.commit([used('2026-01-02', 'a', 5), used('2026-01-02', 'b', 7)]);
      await reopen();
      const rows = await store.usage.between('2026-01-01', '2026-01-02');
      expect(rows.map(({ date, model, input }) => [date, model, input])).toEqual([
        ['2026-01-01', 'a', 1],
        ['2026-01-02', 'a', 15],
        ['2026-01-02', 'b', 7],
      ]);
      expect(rows[1]).toMatchObject({ runs: 2, output: 4, cacheRead: 6, cacheWrite: 8, agentId: 'main' });
      expect(await store.usage.between('2026-01-04', '2026-01-09')).toEqual([]);
    });

    describe('devices', () => {
      it('keeps devices and the requests of those that wait', async () => {
        await store.commit([
          { type: 'device', deviceId: 'd1', device: device('d1') },
          { type: 'pairing', requestId: 'r2', request: request('r2', 'd2') },
        ]);
        await reopen();
        expect(await store.devices.get('d1')).toEqual(device('d1'));
        expect(await store.devices.requestOf('d2')).toEqual(request('r2', 'd2'));
        await store.commit([
          { type: 'device', deviceId: 'd2', device: device('d2') },
          { type: 'pairing', requestId: 'r2', request: null },
          { type: 'device', deviceId: 'd1', device: null },
        ]);
        expect(await store.devices.all()).toEqual([device('d2')]);
        expect([
          await store.devices.requests(),
          await store.devices.request('r2'),
          await store.devices.get('d1'),
        ]).toEqual([[], undefined, undefined]);
      });
    });
  });
}
