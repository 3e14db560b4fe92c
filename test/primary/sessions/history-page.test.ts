/** Pages of a transcript whose lines are as long as messages may be (methods.md §3, `chat.history`). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readHistoryPage } from '../../../src/primary/sessions/history-page.js';
import type { Runs } from '../../../src/primary/sessions/runs.js';
import { createSessions, type Sessions } from '../../../src/primary/sessions/sessions.js';
import { lastItems, lastMessage } from '../../../src/primary/sessions/transcript-text.js';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Store } from '../../../src/primary/store/store.js';
import { readingLimits } from '../../../src/shared/session-limits.js';
import type { RouteTable } from '../../../src/shared/routes.js';
import { entry, key, line, session } from '../store/records.js';

const scheme = { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' } as const;
const observer = { changed: () => {}, hears: () => false, appended: () => {} };
const runs = { liveOf: () => [] } as unknown as Runs;
const routes = {
  defaultAgentId: 'main',
  agents: {},
  allowed: [],
} as unknown as RouteTable;

let dir: string;
let store: Store;
let sessions: Sessions;
/** Lines that were read at once. */
let reads: number[];
let afterRead: (() => Promise<void>) | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pllan-history-'));
  store = openEmbeddedStore(dir);
  reads = [];
  afterRead = undefined;
  const transcripts: Store['transcripts'] = {
    ...store.transcripts,
    async read(sessionId, from, to) {
      reads.push(to - from);
      const lines = await store.transcripts.read(sessionId, from, to);
      await afterRead?.();
      return lines;
    },
  };
  sessions = createSessions({
    store: { ...store, transcripts },
    scheme: () => scheme,
    workspace: () => '/workspace',
    observer,
  });
  const entries = Array.from({ length: 101 }, (_, n) => line(`l${n}`));
  await store.commit([session('x', entry('s', 1)), { type: 'append', sessionId: 's', entries }]);
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

const page = (params: object) => readHistoryPage(key('x'), params, { sessions, runs, routes: () => routes });
const ids = ({ messages }: { readonly messages: readonly object[] }): string[] =>
  (messages as { __openclaw: { id: string } }[]).map(({ __openclaw: { id } }) => id);

it('only a few lines are read at once, whatever is asked for', async () => {
  const { messages, hasMore } = await page({ limit: 1_000 });
  expect([messages.length, hasMore]).toEqual([100, false]);
  expect(await lastItems(sessions.store.transcripts, 's', { lines: 50, chars: 100 })).toHaveLength(50);
  expect(await lastMessage(sessions.store.transcripts, 's')).toBe('line l100 ü 🙂');
  expect(Math.max(...reads)).toBeLessThanOrEqual(readingLimits.lines);
});

it('what does not fit is not read', async () => {
  const { messages, hasMore, nextOffset } = await page({ limit: 1_000, maxBytes: 1_024 });
  expect([messages.length > 0, hasMore, nextOffset]).toEqual([true, true, messages.length]);
  expect(reads.reduce((sum, one) => sum + one, 0)).toBeLessThan(16);
});

it('a line that is added while a page is read is on it', async () => {
  afterRead = async () => {
    afterRead = undefined;
    await store.commit([{ type: 'append', sessionId: 's', entries: [line('late')] }]);
  };
  const read = await page({ limit: 10 });
  expect(ids(read).at(-1)).toBe('late');
  expect([read.totalMessages, read.nextOffset]).toEqual([101, 10]);
});
