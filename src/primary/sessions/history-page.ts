/** One page of a session's transcript, as clients show it (methods.md §3, `chat.history`). */
import { historyPageLimits } from '../../shared/session-limits.js';
import { messageRow, type Row } from '../../shared/history-row.js';
import type { SessionEntry, SessionKey } from '../../shared/store/records.js';
import type { Store } from '../store/store.js';
import { linesBackwards } from './line-reading.js';
import type { LiveRun } from './run.js';
import { sessionDefaults } from './session-defaults.js';
import { sessionRow, type RowSources } from './session-row.js';

export interface HistoryPageParams {
  readonly limit?: number;
  /** Rows to leave out, from the newest. */
  readonly offset?: number;
  readonly maxChars?: number;
  readonly maxBytes?: number;
}

export interface HistoryPage {
  readonly messages: readonly object[];
  readonly [more: string]: unknown;
}

/** Oldest row first. A session that does not exist has no rows. */
export async function readHistoryPage(
  key: SessionKey,
  params: HistoryPageParams,
  sources: RowSources,
): Promise<HistoryPage> {
  const asked = { ...historyPageLimits.defaults, ...params };
  const page = { ...asked, maxBytes: Math.min(asked.maxBytes, historyPageLimits.maxBytes) };
  for (let tries = 1; ; tries += 1) {
    const before = await readState(key, sources);
    const part = await readRows(before, sources.sessions.store, page);
    // Should it have gone on meanwhile, rows and runs would not tell of the same moment.
    const state = await readState(key, sources);
    const fits = isSame(before, state);
    if (fits || tries === historyPageLimits.tries)
      return { ...shown(fits ? state : before, sources), ...part };
  }
}

/** A session at one moment. */
interface State {
  readonly key: SessionKey;
  readonly entry: SessionEntry | undefined;
  readonly live: readonly LiveRun[];
  /** The lines before are the transcript's own first one, and those that were trimmed away. */
  readonly begin: number;
  readonly total: number;
}

async function readState(key: SessionKey, { sessions, runs }: RowSources): Promise<State> {
  const { store } = sessions;
  const entry = await sessions.get(key);
  const begin = entry ? await store.transcripts.start(entry.sessionId) : 1;
  const total = entry ? Math.max(0, (await store.transcripts.length(entry.sessionId)) - begin) : 0;
  return { key, entry, live: runs.liveOf(key), begin, total };
}

function isSame(a: State, b: State): boolean {
  const facts = ({ entry, begin, total, live }: State): unknown[] => [
    entry?.sessionId,
    begin,
    total,
    live.length,
    ...live.flatMap(({ record: { runId }, startedAt }) => [runId, startedAt]),
  ];
  const others = facts(b);
  return facts(a).every((fact, n) => fact === others[n]);
}

function shown({ key, entry, live, total }: State, sources: RowSources) {
  const running = live.find(({ startedAt }) => startedAt !== undefined);
  const activeRunIds = live.map(({ record }) => record.runId);
  const row = entry ? sessionRow({ key, entry }, sources) : { key, hasActiveRun: live.length > 0 };
  return {
    sessionKey: key,
    ...(entry ? { sessionId: entry.sessionId } : {}),
    thinkingLevel: entry?.thinkingLevel ?? 'off',
    verboseLevel: entry?.verboseLevel ?? 'off',
    defaults: sessionDefaults(sources.routes()),
    sessionInfo: { ...row, activeRunIds },
    ...(running
      ? { inFlightRun: { runId: running.record.runId, text: running.text, startedAt: running.startedAt } }
      : {}),
    totalMessages: total,
  };
}

/** The rows of a page, from the newest back as long as they fit, and where the next page begins. */
async function readRows(
  { entry, begin, total }: State,
  { transcripts }: Store,
  { limit, offset, maxChars, maxBytes }: Required<HistoryPageParams>,
): Promise<{ readonly messages: readonly Row[]; readonly hasMore: boolean; readonly nextOffset?: number }> {
  const end = Math.max(0, total - offset);
  const start = Math.max(0, end - limit);
  const messages: Row[] = [];
  let bytes = 0;
  const lines = entry ? linesBackwards(transcripts, entry.sessionId, begin + start, begin + end) : [];
  for await (const { entry: line, index } of lines) {
    const row = messageRow(line, index, maxChars);
    if (!row) continue;
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (bytes > maxBytes) break;
    messages.unshift(row);
  }
  const first = (messages[0]?.__openclaw.seq ?? begin + start) - begin;
  const hasMore = entry !== undefined && first > 0 && (start > 0 || bytes > maxBytes);
  return { messages, hasMore, ...(hasMore ? { nextOffset: total - first } : {}) };
}
