/** What maintenance removes, and above all what it does not (runs-and-events.md §7). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMaintenance, type MaintenancePolicy } from '../../../src/primary/sessions/maintenance.js';
import type { LiveRun } from '../../../src/primary/sessions/run.js';
import { createSessions } from '../../../src/primary/sessions/sessions.js';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Change, Store } from '../../../src/primary/store/store.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import type { SessionEntry, SessionKey, TranscriptEntry } from '../../../src/shared/store/records.js';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const key = (name: string): SessionKey => (name === 'global' ? name : `agent:main:${name}`) as SessionKey;
const line = (id: string, day: number, images: readonly object[] = []): TranscriptEntry => ({
  type: 'message',
  id,
  parentId: null,
  timestamp: new Date(day * DAY).toISOString(),
  message: { role: 'user', content: [{ type: 'text', text: id }, ...images] },
});
/** A session with three lines, the first its own, changed last on that day. */
const session = (name: string, day: number, more: Partial<SessionEntry> = {}): Change[] => [
  { type: 'session', key: key(name), entry: { sessionId: `id-${name}`, updatedAt: day * DAY, ...more } },
  { type: 'append', sessionId: `id-${name}`, entries: ['h', 'a', 'b'].map((id) => line(id, day)) },
];
const archive = (
  sessionId: string,
  why: string,
  day: number,
  lines: { from: number; to?: number },
): Change => ({
  type: 'archive',
  archive: {
    name: `${sessionId}.jsonl.${why}.${day}`,
    sessionKey: key('x'),
    sessionId,
    archivedAt: day * DAY,
    ...lines,
  },
});

describe('maintenance', () => {
  let dir: string;
  let store: Store;
  let logged: { readonly event: string; readonly message: string }[];
  const running = new Set<string>();
  const removed: string[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pllan-maintenance-'));
    store = openEmbeddedStore(dir);
    logged = [];
    running.clear();
    removed.length = 0;
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });

  const maintenance = (policy: Partial<MaintenancePolicy> = {}, at = NOW) => {
    const observer = {
      changed: (of: SessionKey) => void removed.push(of),
      hears: () => false,
      appended: () => {},
    };
    const scheme = { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' } as const;
    return createMaintenance({
      sessions: createSessions({ store, scheme: () => scheme, workspace: () => '/workspace', observer }),
      runs: { liveOf: (of) => (running.has(of) ? [{} as LiveRun] : []) },
      policy: () => ({
        mode: 'enforce',
        pruneAfterMs: 30 * DAY,
        maxEntries: 500,
        cronRetentionMs: DAY,
        ...policy,
      }),
      log: createLogger({
        sink: { write: (text) => void logged.push(JSON.parse(text)) },
        level: 'info',
        subsystem: 'test',
      }),
      now: () => at,
    });
  };
  const left = async (): Promise<string[]> => {
    const pages = await Promise.all(
      [false, true].map((archived) => store.sessions.newest({ archived, limit: 999 })),
    );
    return pages.flat().map((row) => row.key.replace('agent:main:', ''));
  };
  const names = async (): Promise<string[]> =>
    (await store.transcripts.archives(undefined, 999)).map((one) => one.name);
  const lines = async (sessionId: string): Promise<number[]> =>
    (await store.transcripts.read(sessionId, 0, 999)).map(({ index }) => index);

  describe('of sessions', () => {
    it('archives those that have not changed for long, and says so', async () => {
      await store.commit([
        ...session('old', 969),
        ...session('young', 971),
        ...session('hidden', 900, { archived: true }),
      ]);
      await maintenance().sweep();
      expect(await left()).toEqual(['young']);
      expect(await names()).toEqual([`id-hidden.jsonl.deleted.${NOW}`, `id-old.jsonl.deleted.${NOW}`]);
      expect(await lines('id-old')).toEqual([0, 1, 2]);
      expect(removed).toEqual([key('hidden'), key('old')]);
      expect(logged.map(({ message }) => message)).toEqual([
        `session ${key('hidden')} was removed (age)`,
        `session ${key('old')} was removed (age)`,
      ]);
    });

    it('archives those of isolated runs of cron jobs sooner', async () => {
      await store.commit([
        ...session('cron:job:run:old', 998),
        ...session('cron:job:run:new', 999.5),
        ...session('cron:job', 998),
        ...session('other', 998),
      ]);
      await maintenance({ cronRetentionMs: 40 * DAY }).sweep();
      expect(await left()).toHaveLength(4);
      await maintenance().sweep();
      expect((await left()).toSorted()).toEqual(['cron:job', 'cron:job:run:new', 'other']);
    });

    it('never touches main sessions, pinned ones and those with a run', async () => {
      running.add(key('runs'));
      await store.commit([
        ...['main', 'global', 'runs'].flatMap((name) => session(name, 1)),
        { type: 'session', key: 'agent:other:main' as SessionKey, entry: { sessionId: 'o', updatedAt: DAY } },
        ...session('pinned', 1, { pinned: true }),
        ...session('gone', 1),
      ]);
      await maintenance({ maxEntries: 1 }).sweep();
      expect((await left()).toSorted()).toEqual(['agent:other:main', 'global', 'main', 'pinned', 'runs']);
    });

    it('removes the oldest above the number, archived or not, as few as it must', async () => {
      await store.commit([
        ...[990, 991, 993, 994].flatMap((day) => session(`s${day}`, day)),
        ...session('s992', 992, { archived: true }),
        ...session('main', 980),
      ]);
      await maintenance({ maxEntries: 3 }).sweep();
      expect(await left()).toEqual(['s994', 's993', 'main']);
    });

    it('finds its way through many', async () => {
      await store.commit(
        Array.from({ length: 200 }, (_, n) => session(`s${n}`, 980, n % 2 ? { pinned: true } : {})).flat(),
      );
      await maintenance({ maxEntries: 120 }).sweep();
      expect(await left()).toHaveLength(120);
      await maintenance({ maxEntries: 1 }).sweep();
      expect(await left()).toHaveLength(100);
    });

    it('leaves one alone that is used at the last moment', async () => {
      await store.commit([...session('a', 1), ...session('b', 2)]);
      const real = store;
      store = {
        ...real,
        async commit(changes) {
          await real.commit(changes);
          if (changes.some((one) => one.type === 'session' && one.entry === null)) running.add(key('b'));
        },
      };
      await maintenance().sweep();
      store = real;
      expect(await left()).toEqual(['b']);
    });
  });

  describe('of transcripts', () => {
    it('removes archives as long after they were made, with all their lines', async () => {
      await store.commit([...session('gone', 1), ...session('young', 2)]);
      await maintenance().sweep();
      await maintenance({}, NOW + 29 * DAY).sweep();
      expect(await lines('id-gone')).toEqual([0, 1, 2]);
      await store.commit([
        { type: 'append', sessionId: 'id-x', entries: [line('h', 999), line('a', 1_005)] },
        archive('id-x', 'reset', 1_005, { from: 1 }),
      ]);
      await maintenance({}, NOW + 31 * DAY).sweep();
      expect([await names(), await store.transcripts.ids(undefined, 9)]).toEqual([
        ['id-x.jsonl.reset.1005'],
        ['id-x'],
      ]);
      expect(await lines('id-x')).toEqual([0, 1]);
    });

    it('of a session that lives, takes only what it does not show, and what no other archive has', async () => {
      await store.commit([
        { type: 'session', key: key('main'), entry: { sessionId: 'id', updatedAt: 1 } },
        {
          type: 'append',
          sessionId: 'id',
          entries: Array.from({ length: 60 }, (_, n) => line(String(n), 1)),
        },
        { type: 'trim', sessionId: 'id', start: 50 },
        archive('id', 'compacted', 1, { from: 1, to: 30 }),
        archive('id', 'compacted', 995, { from: 25, to: 50 }),
        archive('id', 'reset', 2, { from: 1 }),
      ]);
      await maintenance().sweep();
      expect(await names()).toEqual(['id.jsonl.compacted.995']);
      expect(await lines('id')).toEqual([0, ...Array.from({ length: 35 }, (_, n) => n + 25)]);
    });

    it('removes lines that nothing names when they are old', async () => {
      await store.commit([
        { type: 'append', sessionId: 'old', entries: [line('h', 1), line('a', 969)] },
        { type: 'append', sessionId: 'used', entries: [line('h', 1), line('a', 971)] },
        { type: 'append', sessionId: 'odd', entries: [{ ...line('h', 1), timestamp: 'once upon a time' }] },
      ]);
      await maintenance().sweep();
      expect(await store.transcripts.ids(undefined, 9)).toEqual(['odd', 'used']);
    });

    it('removes images with the last line that names them', async () => {
      const image = (blob: string) => ({ type: 'image', mimeType: 'image/png', bytes: 3, blob });
      const blob = (name: string): Change => ({ type: 'blob', blob: name, bytes: Buffer.from(name) });
      await store.commit([
        blob('mine'),
        blob('shared'),
        { type: 'append', sessionId: 'old', entries: [line('a', 1, [image('mine'), image('shared')])] },
        ...session('main', 1),
        { type: 'append', sessionId: 'id-main', entries: [line('c', 1, [image('shared')])] },
      ]);
      await maintenance().sweep();
      expect([await store.transcripts.blob('mine'), await store.transcripts.blob('shared')]).toEqual([
        undefined,
        Buffer.from('shared'),
      ]);
    });

    it('goes on where it was stopped', async () => {
      await store.commit([
        {
          type: 'append',
          sessionId: 'id',
          entries: Array.from({ length: 100 }, (_, n) => line(String(n), 1)),
        },
        archive('id', 'reset', 1, { from: 1 }),
      ]);
      let commits = 0;
      const real = store;
      const first = { ...real };
      store = first;
      const stopping = maintenance();
      first.commit = async (changes) => {
        await real.commit(changes);
        if ((commits += 1) === 2) void stopping.stop();
      };
      await stopping.sweep();
      store = real;
      expect([await names(), await lines('id')].map((found) => found.length)).toEqual([1, 68]);
      await maintenance().sweep();
      expect([await names(), await lines('id')]).toEqual([[], []]);
    });
  });

  it('with mode warn removes nothing, and says what it would', async () => {
    await store.commit([
      ...session('old', 1),
      { type: 'append', sessionId: 'nameless', entries: [line('a', 1)] },
      archive('id-old', 'reset', 1, { from: 1, to: 2 }),
    ]);
    await maintenance({ mode: 'warn' }).sweep();
    expect([await left(), await names(), await lines('id-old'), await lines('nameless')]).toEqual([
      ['old'],
      ['id-old.jsonl.reset.1'],
      [0, 1, 2],
      [0],
    ]);
    expect(logged.map(({ message }) => message)).toEqual([
      `sessions that would be removed: 1 (${key('old')})`,
      'transcripts that would be removed: 2 (id-old.jsonl.reset.1, nameless)',
    ]);
  });
});
