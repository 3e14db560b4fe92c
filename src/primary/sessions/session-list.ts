/**
 * `sessions.list` (methods.md §4). A plain page comes from the store's index. What has to look at sessions one by one
 * looks at a bounded number of them, those updated last, in chunks with pauses, and one list after another: other work
 * of the event loop never waits for more than a chunk.
 */
import { setImmediate as pause } from 'node:timers/promises';
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import { sessionLimits } from '../../shared/session-limits.js';
import type { SessionKey } from '../../shared/store/records.js';
import type { SessionReader, SessionRow } from '../store/store.js';
import { createBreather } from './line-reading.js';
import { sessionDefaults } from './session-defaults.js';
import { agentOf, kindOf } from '../../shared/store/session-keys.js';
import { fullSessionRow, type RowExtras, type RowSources } from './session-row.js';

export interface ListParams extends RowExtras {
  readonly limit?: number;
  readonly offset?: number;
  readonly activeMinutes?: number;
  readonly includeGlobal?: boolean;
  readonly includeUnknown?: boolean;
  readonly agentId?: string;
  readonly label?: string;
  readonly spawnedBy?: string;
  readonly search?: string;
  readonly archived?: boolean | 'all';
  readonly sortBy?: 'updatedAt' | 'lastInteractionAt' | 'activity';
  readonly activeOnly?: boolean;
  readonly excludeCron?: boolean;
  readonly excludeSubagents?: boolean;
  readonly pinned?: boolean;
}

export interface SessionLister {
  /** @param path what the answer calls the store */
  list(params: ListParams, path: string, now: number): Promise<object>;
}

export function createSessionLister(sources: RowSources): SessionLister {
  const scans = createKeyedQueue();
  const { sessions, routes } = sources;
  return {
    async list(params, path, now) {
      const limit = Math.min(params.limit ?? sessionLimits.listDefault, sessionLimits.listRows);
      const offset = params.offset ?? 0;
      const found = (await needsScan(params, sessions.store.sessions))
        ? await scans.run('scan', () => scan(params, { limit, offset }, sources, now))
        : await fromIndex(params.archived === true, { limit, offset }, sessions.store.sessions);
      const rows: object[] = [];
      const breathe = createBreather();
      for (const row of found.rows) {
        rows.push(await fullSessionRow(row, params, sources));
        await breathe();
      }
      const nextOffset = offset + rows.length;
      const hasMore = nextOffset < found.total && rows.length > 0;
      return {
        ts: now,
        path,
        count: rows.length,
        totalCount: found.total,
        limitApplied: limit,
        hasMore,
        ...(hasMore ? { nextOffset } : {}),
        defaults: sessionDefaults(routes()),
        sessions: rows,
      };
    },
  };
}

interface Window {
  readonly limit: number;
  readonly offset: number;
}

interface Found {
  readonly rows: readonly SessionRow[];
  readonly total: number;
}

async function fromIndex(archived: boolean, window: Window, store: SessionReader): Promise<Found> {
  const [rows, total] = await Promise.all([store.newest({ archived, ...window }), store.count(archived)]);
  return { rows, total };
}

/** Whether the index alone does not give the answer. */
async function needsScan(params: ListParams, store: SessionReader): Promise<boolean> {
  const { includeUnknown = false, includeGlobal = true, archived = false, sortBy = 'updatedAt' } = params;
  if (archived === 'all' || sortBy !== 'updatedAt') return true;
  const { agentId, label, spawnedBy, search, activeMinutes, pinned } = params;
  if ([agentId, label, spawnedBy, search, activeMinutes, pinned].some((filter) => filter !== undefined))
    return true;
  if (params.activeOnly || params.excludeCron || params.excludeSubagents) return true;
  const hidden = [...(includeUnknown ? [] : ['unknown']), ...(includeGlobal ? [] : ['global'])];
  const entries = await Promise.all(hidden.map((key) => store.get(key as SessionKey)));
  return entries.some(Boolean);
}

async function scan(params: ListParams, window: Window, sources: RowSources, now: number): Promise<Found> {
  const { archived = false, sortBy = 'updatedAt' } = params;
  const store = sources.sessions.store.sessions;
  const matches = filterOf(params, sources, now);
  const found: Candidate[] = [];
  for (const part of archived === 'all' ? [false, true] : [archived]) {
    let after: SessionRow | undefined;
    for (let seen = 0; seen < sessionLimits.scan; seen += sessionLimits.chunk) {
      const rows = await store.newest({ archived: part, limit: sessionLimits.chunk, after });
      for (const row of rows) if (matches(row)) found.push({ key: row.key, at: timeOf(row, sortBy) });
      after = rows.at(-1);
      if (rows.length < sessionLimits.chunk) break;
      await pause();
    }
  }
  // Rows of one part are in order already; the two parts, and other times, are not.
  if (archived === 'all' || sortBy !== 'updatedAt') found.sort((a, b) => b.at - a.at);
  const rows: SessionRow[] = [];
  for (const { key } of found.slice(window.offset, window.offset + window.limit)) {
    const entry = await store.get(key);
    if (entry) rows.push({ key, entry });
  }
  return { rows, total: found.length };
}

/** What of a row is kept until the page is known. */
interface Candidate {
  readonly key: SessionKey;
  readonly at: number;
}

function timeOf({ entry }: SessionRow, sortBy: NonNullable<ListParams['sortBy']>): number {
  return sortBy === 'updatedAt' ? entry.updatedAt : (entry.lastInteractionAt ?? entry.updatedAt);
}

function filterOf(params: ListParams, sources: RowSources, now: number): (row: SessionRow) => boolean {
  const { scheme } = sources.sessions;
  const agentId = params.agentId?.toLowerCase();
  const search = params.search?.trim().toLowerCase();
  const since = params.activeMinutes === undefined ? 0 : now - params.activeMinutes * 60_000;
  const tests: ((row: SessionRow) => boolean)[] = [
    ({ key }) => params.includeUnknown === true || kindOf(key) !== 'unknown',
    ({ key }) => params.includeGlobal !== false || kindOf(key) !== 'global',
    ({ entry }) => entry.updatedAt >= since,
  ];
  if (agentId !== undefined) tests.push(({ key }) => agentOf(key, scheme) === agentId);
  if (params.label !== undefined) tests.push(({ entry }) => entry.label === params.label);
  if (params.spawnedBy !== undefined) tests.push(({ entry }) => entry.spawnedBy === params.spawnedBy);
  if (params.pinned !== undefined) tests.push(({ entry }) => (entry.pinned ?? false) === params.pinned);
  if (params.activeOnly) tests.push(({ key }) => sources.runs.liveOf(key).length > 0);
  if (params.excludeCron) tests.push(({ key }) => !key.includes(':cron:'));
  if (params.excludeSubagents) tests.push(({ key }) => !key.includes(':subagent:'));
  if (search) {
    tests.push(({ key, entry: { label = '', displayName = '', sessionId } }) =>
      [key, label, displayName, sessionId].some((text) => text.toLowerCase().includes(search)),
    );
  }
  return (row) => tests.every((test) => test(row));
}
