/** Lines of transcripts as clients show them (methods.md §3 `chat.history`, §4.2 `session.message`; http.md §10). */
import { historyPageLimits } from './session-limits.js';
import type { SessionKey, TranscriptEntry } from './store/records.js';

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

/** A line of a session with its place. */
export interface PlacedLine {
  readonly key: SessionKey;
  readonly sessionId: string;
  readonly index: number;
  readonly line: TranscriptEntry;
}

/** What those are told who listen to a session, as JSON; undefined for a line that is not for people. */
export function messageEvent({ key, sessionId, index, line }: PlacedLine): string | undefined {
  const row = messageRow(line, index, Number.POSITIVE_INFINITY);
  if (!row) return undefined;
  const { __openclaw: place, ...message } = row;
  const { id: messageId, seq: messageSeq, runId } = place;
  return JSON.stringify({
    sessionKey: key,
    sessionId,
    messageId,
    messageSeq,
    runId,
    message,
    ts: Date.now(),
  });
}
