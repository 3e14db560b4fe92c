/**
 * From the lines of a transcript to the messages that a model is shown (runs-and-events.md §8). What a session's last turn
 * was shown is kept for its next one, which then reads only what was added since: lines never change.
 */
import { historyLimits } from '../../../shared/limits.js';
import type { TranscriptEntry } from '../../../shared/store/records.js';
import type { TranscriptLines } from '../../../shared/store/transcript-reader.js';
import type { TurnMessage } from '../turn.js';

/** The lines before `before`, as far as the model is shown them; oldest first. */
export type ReadHistory = (sessionId: string, before: number) => readonly TurnMessage[];

export interface HistoryLimits {
  readonly messages: number;
  readonly chars: number;
  readonly keptChars: number;
  readonly messageChars: number;
}

/** What was read of one transcript. */
interface Known {
  /** Where the transcript began then: it is read anew when that has changed. */
  readonly start: number;
  readonly before: number;
  /** Never changed in place: a turn that still runs has them too. */
  readonly messages: readonly TurnMessage[];
  /** What it counts for. */
  readonly chars: number;
}

export function createHistory(
  transcripts: TranscriptLines,
  limits: HistoryLimits = historyLimits,
): ReadHistory {
  /** The ones used last are at the end. */
  const kept = new Map<string, Known>();
  let keptChars = 0;

  const forget = (sessionId: string): void => {
    keptChars -= kept.get(sessionId)?.chars ?? 0;
    kept.delete(sessionId);
  };
  const keep = (sessionId: string, known: Known): void => {
    forget(sessionId);
    kept.set(sessionId, known);
    keptChars += known.chars;
    for (const oldest of kept.keys()) {
      if (keptChars <= limits.keptChars) return;
      forget(oldest);
    }
  };
  return (sessionId, before) => {
    const { start, newestFirst } = transcripts.view(sessionId);
    const last = kept.get(sessionId);
    const known = last?.start === start && last.before <= before ? last : undefined;
    const newer = newestFirst(known?.before ?? start, before);
    const messages = newestMessages(newer, known?.messages ?? [], limits);
    const chars = messages.reduce((sum, { text }) => sum + text.length + limits.messageChars, 0);
    keep(sessionId, { start, before, messages, chars });
    return messages;
  };
}

/** As many of the newest as the model is shown, at least one; `older` is what comes before the lines. */
function newestMessages(
  newestFirst: Iterable<TranscriptEntry>,
  older: readonly TurnMessage[],
  limits: HistoryLimits,
): readonly TurnMessage[] {
  const messages: TurnMessage[] = [];
  let chars = 0;
  /** False when there is no room for it. */
  const add = (message: TurnMessage): boolean => {
    chars += message.text.length;
    if (messages.length > 0 && (chars > limits.chars || messages.length >= limits.messages)) return false;
    messages.push(message);
    return true;
  };
  for (const line of newestFirst) {
    const message = messageOf(line);
    if (message === 'end' || (message && !add(message))) return messages.toReversed();
  }
  for (let n = older.length - 1; n >= 0; n -= 1) {
    if (!add(older[n] as TurnMessage)) break;
  }
  return messages.toReversed();
}

/** `end`: what came before has been summarized. */
function messageOf(line: TranscriptEntry): TurnMessage | 'end' | undefined {
  if (line.type === 'compaction') return 'end';
  if (line.type === 'custom_message')
    return typeof line.content === 'string' && line.content !== ''
      ? { role: 'user', text: line.content }
      : undefined;
  if (line.type !== 'message') return undefined;
  const { role, content } = line.message as StoredMessage;
  const text = (content ?? [])
    .filter((block) => block.type === 'text')
    .map((block) => block.text ?? '')
    .join('\n');
  if (text === '') return undefined;
  if (role === 'user') return { role, text };
  return role === 'assistant' ? { role, text, toolCalls: [] } : undefined;
}

interface StoredMessage {
  readonly role: string;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
}
