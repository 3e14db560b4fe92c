/**
 * Messages that gave way because too many waited (runs-and-events.md §5, `summarize`). A short line of each waits in the
 * session's entry, and becomes part of its transcript with the next turn's message.
 */
import { droppedLimits } from '../../shared/session-limits.js';
import type { SessionEntry, TranscriptEntry } from '../../shared/store/records.js';
import { userLine } from './transcript-lines.js';

export function withDropped(entry: SessionEntry, message: string): SessionEntry {
  const { count = 0, lines = [] } = entry.droppedMessages ?? {};
  const kept = [...lines, shortLine(message)].slice(-droppedLimits.lines);
  return { ...entry, droppedMessages: { count: count + 1, lines: kept } };
}

/** The line that follows `parentId`, if there is one, and the entry without what waited. */
export function takeDropped(
  entry: SessionEntry,
  parentId: string | null,
  at: number,
): { readonly lines: readonly TranscriptEntry[]; readonly after: SessionEntry } {
  const { droppedMessages: dropped, ...after } = entry;
  if (!dropped) return { lines: [], after };
  const { count, lines } = dropped;
  const which = lines.length < count ? `the last ${lines.length} in short` : 'in short';
  const head = `[${count} messages gave way because too many were waiting; ${which}:]`;
  return { lines: [userLine({ message: [head, ...lines].join('\n- ') }, parentId, at)], after };
}

function shortLine(message: string): string {
  const { lineChars } = droppedLimits;
  const line = message
    .slice(0, 4 * lineChars)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length <= lineChars ? line : `${line.slice(0, lineChars - 1)}…`;
}
