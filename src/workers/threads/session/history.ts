/** From the lines of a transcript to the messages that a model is shown (runs-and-events.md §8). */
import { historyLimits } from '../../../shared/limits.js';
import type { TranscriptEntry } from '../../../shared/store/records.js';
import type { TurnMessage } from '../turn.js';

/** @param newestFirst lines of the transcript; no more of them are read than the model is shown */
export function readHistory(newestFirst: Iterable<TranscriptEntry>): TurnMessage[] {
  const messages: TurnMessage[] = [];
  let chars = 0;
  for (const line of newestFirst) {
    const message = messageOf(line);
    if (message === 'end') break;
    if (!message) continue;
    chars += message.text.length;
    if (messages.length > 0 && (chars > historyLimits.chars || messages.length >= historyLimits.messages))
      break;
    messages.push(message);
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
