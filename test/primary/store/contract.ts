/** What every store must do, whatever it keeps things in. `open` gives an empty one, `reopen` the same one again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ended, entry, key, line, run, session } from './records.js';
import { channelContract } from './channel-contract.js';
import { transcriptContract } from './transcript-contract.js';
import { StoreError, type Change, type Store } from '../../../src/primary/store/store.js';
import type { CronJob, CronRunEntry } from '../../../src/shared/store/cron-records.js';
import type { PairedDevice, PairingRequest, SessionKey } from '../../../src/shared/store/records.js';

export interface StoreUnderTest {
  open(): Promise<Store>;
  /** Closes the store and opens it again, as a restart does. */
  reopen(store: Store): Promise<Store>;
  dispose(): Promise<void>;
}

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

const job = (id: string, over: Partial<CronJob> = {}): CronJob => ({
  id,
  name: id,
  enabled: true,
  createdAtMs: 1,
  updatedAtMs: 1,
  schedule: { kind: 'every', everyMs: 60_000 },
  sessionTarget: 'main',
  wakeMode: 'now',
  payload: { kind: 'systemEvent', text: 'x' },
  state: {},
  ...over,
});
const cronRun = (jobId: string, ts: number, summary = ''): CronRunEntry => ({
  ts,
  jobId,
  action: 'finished',
  status: 'ok',
  summary,
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

    describe('cron', () => {
      const keep = { entries: 3, bytes: 100_000 };
      const page = (jobId?: string, over: object = {}) =>
        store.cron.log({ jobId, newestFirst: true, offset: 0, limit: 9, ...over });
      const times = async (...asked: Parameters<typeof page>): Promise<string[]> =>
        (await page(...asked)).map(({ jobId, ts }) => `${jobId}${ts}`);

      it('gives back jobs, also after a restart, and forgets one that is deleted', async () => {
        const { state, ...rest } = job('b', { state: { nextRunAtMs: 7 } });
        await store.commit([
          { type: 'cron-job', jobId: 'a', job: job('a') },
          { type: 'cron-job', jobId: 'b', job: { ...rest, state } },
          { type: 'cron-job', jobId: 'c', job: job('c') },
        ]);
        await store.commit([{ type: 'cron-job', jobId: 'c', job: null }]);
        await reopen();
        expect(await store.cron.jobs()).toEqual([job('a'), { ...rest, state }]);
      });

      it('keeps a run log by job and by time, page by page', async () => {
        for (const [id, ts] of [
          ['a', 1],
          ['b', 2],
          ['a', 3],
          ['b', 4],
          ['a', 5],
        ] as const)
          await store.commit([{ type: 'cron-run', entry: cronRun(id, ts), keep }]);
        await reopen();
        expect(await times('a')).toEqual(['a5', 'a3', 'a1']);
        expect(await times('a', { newestFirst: false, offset: 1 })).toEqual(['a3', 'a5']);
        expect(await times('a', { offset: 1, limit: 1 })).toEqual(['a3']);
        expect(await times('a', { offset: 9 })).toEqual([]);
        expect(await times('nobody')).toEqual([]);
        expect(await times()).toEqual(['a5', 'b4', 'a3', 'b2', 'a1']);
        expect(await times(undefined, { newestFirst: false, offset: 3 })).toEqual(['b4', 'a5']);
        expect([await store.cron.logLength('a'), await store.cron.logLength()]).toEqual([3, 5]);
      });

      it('drops the oldest entries of a job when there are too many, or they are too large', async () => {
        for (let ts = 1; ts <= 5; ts += 1)
          await store.commit([
            { type: 'cron-run', entry: cronRun('a', ts), keep },
            { type: 'cron-run', entry: cronRun('b', ts), keep: { entries: 99, bytes: 1_000 } },
          ]);
        expect(await times('a')).toEqual(['a5', 'a4', 'a3']);
        expect(await store.cron.logLength('b')).toBe(5);
        const bytes = 1_000;
        await store.commit([
          { type: 'cron-run', entry: cronRun('b', 6, 'x'.repeat(800)), keep: { entries: 99, bytes } },
        ]);
        expect(await times('b')).toEqual(['b6', 'b5']);
        const large = cronRun('b', 7, 'x'.repeat(2_000));
        await store.commit([{ type: 'cron-run', entry: large, keep: { entries: 99, bytes } }]);
        expect(await page('b')).toEqual([large]);
        expect(await store.cron.logLength()).toBe(4);
      });

      it('deletes the run log with the job', async () => {
        await store.commit([
          { type: 'cron-job', jobId: 'a', job: job('a') },
          { type: 'cron-run', entry: cronRun('a', 1), keep },
          { type: 'cron-run', entry: cronRun('b', 2), keep },
        ]);
        await store.commit([{ type: 'cron-job', jobId: 'a', job: null }]);
        expect([await times('a'), await times()]).toEqual([[], ['b2']]);
      });
    });

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

      it('lists the first updated first, page by page', async () => {
        await store.commit([3, 1, 2].map((n) => session(`s${n}`, entry(`id${n}`, n))));
        const [first, ...none] = await store.sessions.oldest({ archived: false, limit: 1 });
        const rest = await store.sessions.oldest({ archived: false, limit: 9, after: first });
        expect([first, ...none, ...rest].map((row) => row?.entry.sessionId)).toEqual(['id1', 'id2', 'id3']);
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

      it('labels and keys may be as long as clients may write them', async () => {
        const [long, name] = ['字'.repeat(512), '字'.repeat(500)];
        await store.commit([session(name, entry('id-a', 1, { label: long }))]);
        await store.commit([session('b', entry('id-b', 1, { label: `${long.slice(1)}x` }))]);
        expect(await store.sessions.labelled(long)).toEqual([key(name)]);
        await store.commit([session(name, entry('id-a', 2, { label: 'short' }))]);
        expect(await store.sessions.labelled(long)).toEqual([]);
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

    transcriptContract(() => store, reopen);
    channelContract(() => store, reopen);

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

      it('forgets any number of them', async () => {
        const runs = Array.from({ length: 600 }, (_, n) => ended(`r${n}`, n));
        await store.commit(runs.map((one) => ({ type: 'run', run: one })));
        expect(await store.pruneRuns(0, 50)).toBe(550);
        expect(await store.pruneRuns(590, 50)).toBe(40);
        expect((await store.runs.get('r589'))?.runId).toBeUndefined();
        expect((await store.runs.get('r590'))?.runId).toBe('r590');
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
