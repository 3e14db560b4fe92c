/** What a transcript says in a few words: titles, last messages, previews (methods.md §4). Reads a bounded number of lines. */
import { sessionLimits } from '../../shared/limits.js';
import type { TranscriptEntry } from '../../shared/store/records.js';
import type { TranscriptReader } from '../store/store.js';

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
  const first = await transcripts.read(sessionId, start, start + sessionLimits.textLines);
  const said = first.map(({ entry }) => itemOf(entry)).find((item) => item?.role === 'user');
  return said && oneLine(said.text, sessionLimits.titleChars);
}

/** What was said last by either side. */
export async function lastMessage(
  transcripts: TranscriptReader,
  sessionId: string,
): Promise<string | undefined> {
  const items = await lastItems(transcripts, sessionId, sessionLimits.textLines);
  const said = items.findLast(({ role }) => role === 'user' || role === 'assistant');
  return said && oneLine(said.text, sessionLimits.lastMessageChars);
}

/** What the last lines say, oldest first; of `lines` lines, those that say something. */
export async function lastItems(
  transcripts: TranscriptReader,
  sessionId: string,
  lines: number,
): Promise<PreviewItem[]> {
  const end = await transcripts.length(sessionId);
  const start = await transcripts.start(sessionId);
  const last = await transcripts.read(sessionId, Math.max(start, end - lines), end);
  return last.map(({ entry }) => itemOf(entry)).filter((item) => item !== undefined);
}

/** At most `most` characters on one line. */
export function oneLine(text: string, most: number): string {
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
