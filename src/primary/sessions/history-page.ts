/** One page of a session's transcript, as clients show it (methods.md §3, `chat.history`). */
import { historyPageLimits } from '../../shared/limits.js';
import type { SessionKey, TranscriptEntry } from '../../shared/store/records.js';
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
  const { sessions, runs, routes } = sources;
  const { limit, offset, maxChars, ...asked } = { ...historyPageLimits.defaults, ...params };
  const maxBytes = Math.min(asked.maxBytes, historyPageLimits.maxBytes);
  const entry = await sessions.get(key);
  const live = runs.liveOf(key);
  const running = live.find(({ startedAt }) => startedAt !== undefined);
  const activeRunIds = live.map(({ record }) => record.runId);
  const row = entry ? sessionRow({ key, entry }, sources) : { key, hasActiveRun: live.length > 0 };
  const { transcripts } = sessions.store;
  // The lines before are the transcript's own first one, and those that were trimmed away.
  const begin = entry ? await transcripts.start(entry.sessionId) : 1;
  const total = entry ? Math.max(0, (await transcripts.length(entry.sessionId)) - begin) : 0;
  const end = Math.max(0, total - offset);
  const start = Math.max(0, end - limit);
  const stored = entry && end > 0 ? await transcripts.read(entry.sessionId, begin + start, begin + end) : [];
  let messages = stored
    .map(({ index, entry: line }) => messageRow(line, index, maxChars))
    .filter((row) => row !== undefined);
  const dropped = tooManyBytes(messages, maxBytes);
  messages = messages.slice(dropped);
  const first = (messages[0]?.__openclaw.seq ?? begin + start) - begin;
  const hasMore = entry !== undefined && first > 0 && (start > 0 || dropped > 0);
  return {
    sessionKey: key,
    ...(entry ? { sessionId: entry.sessionId } : {}),
    messages,
    thinkingLevel: entry?.thinkingLevel ?? 'off',
    verboseLevel: entry?.verboseLevel ?? 'off',
    defaults: sessionDefaults(routes),
    sessionInfo: { ...row, activeRunIds },
    ...(running
      ? { inFlightRun: { runId: running.record.runId, text: running.text, startedAt: running.startedAt } }
      : {}),
    hasMore,
    ...(hasMore ? { nextOffset: total - first } : {}),
    totalMessages: total,
  };
}

export interface Row {
  readonly role: string;
  readonly content: readonly object[];
  readonly timestamp?: unknown;
  /** What its sender sent it with. */
  readonly idempotencyKey?: string;
  readonly __openclaw: {
    readonly id: string;
    readonly seq: number;
    readonly kind?: 'compaction';
    readonly runId?: string;
  };
}

interface StoredMessage {
  readonly role: string;
  readonly content?: readonly StoredBlock[];
  readonly [more: string]: unknown;
}

interface StoredBlock {
  readonly type: string;
  readonly text?: string;
  /** Of an image. */
  readonly bytes?: number;
}

/** Undefined for what is not for people: lines of other kinds, answers that say nothing. */
export function messageRow(line: TranscriptEntry, seq: number, maxChars: number): Row | undefined {
  if (line.type === 'compaction') {
    const content = [{ type: 'text', text: 'Compaction' }];
    const place = { id: line.id, seq, kind: 'compaction' } as const;
    return { role: 'system', content, timestamp: Date.parse(line.timestamp), __openclaw: place };
  }
  if (line.type !== 'message') return undefined;
  const message = line.message as StoredMessage;
  const { content = [], ...rest } = message;
  if (message.role === 'assistant' && content.length === 1 && content[0]?.text?.trim() === 'NO_REPLY')
    return undefined;
  const { id, runId } = line;
  const row: Row = {
    ...rest,
    content: content.map((block) => shownBlock(block, maxChars)),
    // Clients know the messages that they sent by this key, also those of which they never got an answer.
    ...(runId !== undefined && message.role === 'user' ? { idempotencyKey: `${runId}:user` } : {}),
    __openclaw: { id, seq, ...(runId === undefined ? {} : { runId }) },
  };
  if (Buffer.byteLength(JSON.stringify(row)) <= historyPageLimits.rowBytes) return row;
  return { ...row, content: [{ type: 'text', text: '[chat.history omitted: message too large]' }] };
}

function shownBlock(block: StoredBlock, maxChars: number): object {
  if (block.type === 'image') return { type: 'image', omitted: true, bytes: block.bytes ?? 0 };
  if (block.text === undefined || block.text.length <= maxChars) return block;
  return { ...block, text: `${block.text.slice(0, maxChars)}\n...(truncated)...` };
}

/** How many of the oldest rows have to go. */
function tooManyBytes(rows: readonly Row[], maxBytes: number): number {
  let bytes = 0;
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    bytes += Buffer.byteLength(JSON.stringify(rows[index]));
    if (bytes > maxBytes) return index + 1;
  }
  return 0;
}
