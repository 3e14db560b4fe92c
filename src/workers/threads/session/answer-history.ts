/** One page of a session's transcript for an HTTP client (http.md §10): whole, or as the first event of a stream. */
import { messageRow, type Row } from '../../../shared/history-row.js';
import { historyPageLimits } from '../../../shared/session-limits.js';
import type { TranscriptReader } from '../../../shared/store/transcript-reader.js';
import { asApiError } from '../as-api-error.js';
import { apiErrorBody } from '../../../shared/errors/api-error.js';
import type { TaskLink } from '../link.js';
import type { HistoryTask } from '../protocol.js';
import { beginTask, summarize } from '../task-progress.js';

/** Never rejects: the link gets a document, or the head and one event, or an error. */
export async function answerHistory(
  task: HistoryTask,
  link: TaskLink,
  reader: TranscriptReader,
): Promise<void> {
  const progress = beginTask(task.queuedAt);
  try {
    const page = readPage(task, reader);
    if (task.stream) {
      link.head();
      link.data(`event: history\ndata: ${page}\n\n`);
      link.end(summarize(progress));
    } else link.answer({ status: 200, retryAfter: undefined, body: page }, summarize(progress));
  } catch (caught) {
    const { kind, status, message, cause, retryAfter } = asApiError(caught);
    const summary = summarize(progress, kind, typeof cause === 'string' ? cause : undefined);
    link.answer({ status, retryAfter, body: apiErrorBody(kind, message) }, summary);
  }
}

/** The newest rows before the cursor, the oldest of them first, as many as fit. */
function readPage({ session, before, limit }: HistoryTask, reader: TranscriptReader): string {
  const { maxChars, maxBytes } = historyPageLimits.defaults;
  const { start, newestFirst } = reader.view(session.sessionId);
  const rows: string[] = [];
  let bytes = 0;
  let first = Math.min(before, session.before);
  for (const line of newestFirst(start, first)) {
    const row: Row | undefined = messageRow(line, first - 1, maxChars);
    if (row) {
      const json = JSON.stringify(row);
      bytes += Buffer.byteLength(json);
      if (rows.length >= limit || (rows.length > 0 && bytes > maxBytes)) break;
      rows.unshift(json);
    }
    first -= 1;
  }
  const hasMore = first > start;
  const items = `[${rows.join(',')}]`;
  const cursor = hasMore ? `,"nextCursor":"${first}"` : '';
  return `{"sessionKey":${JSON.stringify(session.key)},"items":${items},"messages":${items}${cursor},"hasMore":${hasMore}}`;
}
