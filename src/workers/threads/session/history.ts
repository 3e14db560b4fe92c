/** From the lines of a transcript to the messages that a model is shown (runs-and-events.md §8). */
import { historyLimits } from '../../../shared/session-limits.js';
import type { TurnMessage } from '../turn.js';
import { withImages, type HistoryLine, type ShowImage, type ShownLine } from './history-line.js';

export interface History {
  /** Of what came before; undefined when nothing was summarized. */
  readonly summary: string | undefined;
  /** Oldest first. */
  readonly lines: readonly ShownLine[];
  /** How many of them, at the end, are newer than the summary. */
  readonly fresh: number;
}

/** @param newestFirst lines of the transcript; no more of them are read than the model is shown */
export function readHistory(newestFirst: Iterable<HistoryLine>, show: ShowImage): History {
  const lines: ShownLine[] = [];
  let chars = 0;
  let compaction: HistoryLine['compaction'];
  let fresh = 0;
  for (const line of newestFirst) {
    if (line.compaction && !compaction) {
      ({ compaction } = line);
      fresh = lines.length;
    }
    const shown = line.images ? withImages(line.images, show) : line.shown;
    if (shown && !(line.once && lines.length > 0)) {
      chars += line.chars;
      if (lines.length > 0 && (chars > historyLimits.chars || lines.length >= historyLimits.messages)) break;
      lines.push(shown);
    }
    if (compaction && line.id === compaction.firstKeptEntryId) break;
  }
  return {
    summary: compaction?.summary,
    lines: lines.toReversed(),
    fresh: compaction ? fresh : lines.length,
  };
}

export function messagesOf({ summary, lines }: History): TurnMessage[] {
  const messages = lines.map(({ message }) => message);
  if (summary === undefined) return messages;
  return [{ role: 'user', text: `What was said before, in short:\n\n${summary}` }, ...messages];
}
