/** From the lines of a transcript to the messages that a model is shown (runs-and-events.md §8). */
import { historyLimits } from '../../../shared/limits.js';
import type { ImageBlock, TranscriptEntry } from '../../../shared/store/records.js';
import type { TurnImage, TurnMessage } from '../turn.js';

/** Gives an image to be shown; undefined for one that the model is not shown. */
export type ShowImage = (image: ImageBlock) => TurnImage | undefined;

export interface ShownLine {
  readonly id: string;
  readonly message: TurnMessage;
  /** Images of it that the model is not shown. */
  readonly hiddenImages: number;
}

export interface History {
  /** Of what came before; undefined when nothing was summarized. */
  readonly summary: string | undefined;
  /** Oldest first. */
  readonly lines: readonly ShownLine[];
  /** How many of them, at the end, are newer than the summary. */
  readonly fresh: number;
}

/** @param newestFirst lines of the transcript; no more of them are read than the model is shown */
export function readHistory(newestFirst: Iterable<TranscriptEntry>, show: ShowImage): History {
  const lines: ShownLine[] = [];
  let chars = 0;
  let compaction: StoredCompaction | undefined;
  let fresh = 0;
  for (const line of newestFirst) {
    if (line.type === 'compaction' && !compaction) {
      compaction = line as StoredCompaction;
      fresh = lines.length;
    }
    const shown = shownLine(line, show);
    if (shown) {
      chars += shown.message.text.length;
      if (lines.length > 0 && (chars > historyLimits.chars || lines.length >= historyLimits.messages)) break;
      lines.push(shown);
    }
    if (line.id === compaction?.firstKeptEntryId) break;
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

interface StoredCompaction extends TranscriptEntry {
  readonly summary: string;
  readonly firstKeptEntryId: string;
}

/** Lines without images are shown the same in every turn, and the thread keeps them from turn to turn. */
const plainLines = new WeakMap<TranscriptEntry, ShownLine>();

function shownLine(line: TranscriptEntry, show: ShowImage): ShownLine | undefined {
  const known = plainLines.get(line);
  if (known) return known;
  const made = makeLine(line, show);
  if (made && made.hiddenImages === 0 && !('images' in made.message)) plainLines.set(line, made);
  return made;
}

function makeLine(line: TranscriptEntry, show: ShowImage): ShownLine | undefined {
  const { id } = line;
  if (line.type === 'custom_message')
    return typeof line.content === 'string' && line.content !== ''
      ? { id, message: { role: 'user', text: line.content }, hiddenImages: 0 }
      : undefined;
  if (line.type !== 'message') return undefined;
  const { role, content = [] } = line.message as StoredMessage;
  const texts = content.flatMap((block) => (block.type === 'text' ? [(block as TextBlock).text] : []));
  if (role === 'assistant')
    return texts.join('') === ''
      ? undefined
      : { id, message: { role, text: texts.join('\n'), toolCalls: [] }, hiddenImages: 0 };
  if (role !== 'user') return undefined;
  const blocks = content.filter((block) => block.type === 'image') as ImageBlock[];
  const images = blocks.map(show).filter((image) => image !== undefined);
  const hiddenImages = blocks.length - images.length;
  if (hiddenImages > 0) texts.push(`[${hiddenImages} of ${blocks.length} images left out]`);
  const text = texts.join('\n');
  if (text === '' && images.length === 0) return undefined;
  return { id, message: { role, text, ...(images.length > 0 ? { images } : {}) }, hiddenImages };
}

interface StoredMessage {
  readonly role: string;
  readonly content?: readonly (TextBlock | ImageBlock | { readonly type: string })[];
}

interface TextBlock {
  readonly type: 'text';
  readonly text: string;
}
