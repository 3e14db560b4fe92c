/** What a transcript says in a few words: titles, last messages, previews (methods.md §4). Reads a bounded number of lines. */
import { sessionLimits } from '../../shared/session-limits.js';
import type { TranscriptEntry } from '../../shared/store/records.js';
import type { TranscriptReader } from '../store/store.js';
import { linesBackwards } from './line-reading.js';

export interface PreviewItem {
  readonly role: 'user' | 'assistant' | 'tool' | 'system' | 'other';
  readonly text: string;
}

/** The first thing that was said by the user; undefined when nothing was, or not among the first lines. */
export async function derivedTitle(
  transcripts: TranscriptReader,
  sessionId: string,
): Promise<string | undefined> {
  const start = await transcripts.start(sessionId);
  for (let index = start; index < start + sessionLimits.textLines; index += 1) {
    const [line] = await transcripts.read(sessionId, index, index + 1);
    if (!line) return undefined;
    const item = itemOf(line.entry);
    if (item?.role === 'user') return oneLine(item.text, sessionLimits.titleChars);
  }
  return undefined;
}

/** What was said last by either side. */
export async function lastMessage(
  transcripts: TranscriptReader,
  sessionId: string,
): Promise<string | undefined> {
  for await (const { role, text } of itemsBackwards(transcripts, sessionId, sessionLimits.textLines)) {
    if (role === 'user' || role === 'assistant') return oneLine(text, sessionLimits.lastMessageChars);
  }
  return undefined;
}

/** What the last lines say, oldest first, each on one line; of `lines` lines, those that say something. */
export async function lastItems(
  transcripts: TranscriptReader,
  sessionId: string,
  { lines, chars }: { readonly lines: number; readonly chars: number },
): Promise<PreviewItem[]> {
  const items: PreviewItem[] = [];
  for await (const { role, text } of itemsBackwards(transcripts, sessionId, lines))
    items.unshift({ role, text: oneLine(text, chars) });
  return items;
}

async function* itemsBackwards(
  transcripts: TranscriptReader,
  sessionId: string,
  lines: number,
): AsyncGenerator<PreviewItem, undefined> {
  const end = await transcripts.length(sessionId);
  const start = Math.max(await transcripts.start(sessionId), end - lines);
  for await (const { entry } of linesBackwards(transcripts, sessionId, start, end)) {
    const item = itemOf(entry);
    if (item) yield item;
  }
}

/** At most `most` characters on one line. */
function oneLine(text: string, most: number): string {
  // What is cut off anyway need not be looked at.
  const flat = text
    .slice(0, most * 4)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return flat.length > most ? `${flat.slice(0, most - 1).trimEnd()}…` : flat;
}

interface StoredMessage {
  readonly role?: string;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
}

function itemOf({ type, message }: TranscriptEntry): PreviewItem | undefined {
  if (type !== 'message') return undefined;
  const { role, content = [] } = message as StoredMessage;
  const text = content.map((block) => block.text ?? '').join('\n');
  if (text.trim() === '' || text.trim() === 'NO_REPLY') return undefined;
  return { role: roles[role ?? ''] ?? 'other', text };
}

const roles: Readonly<Record<string, PreviewItem['role']>> = {
  user: 'user',
  assistant: 'assistant',
  toolResult: 'tool',
  system: 'system',
};
