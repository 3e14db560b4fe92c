/**
 * Puts results of tools behind their calls, and says so where one of the two is missing, since providers refuse the other
 * alone: a call may have been interrupted, or be its client's who never came back; a result may be of a call that the
 * session does not know.
 */
import type { TurnMessage } from '../turn.js';

export function pairToolCalls(messages: readonly TurnMessage[]): readonly TurnMessage[] {
  if (messages.every(isPlain)) return messages;
  const made: TurnMessage[] = [];
  const placed = new Set<TurnMessage>();
  for (const [index, message] of messages.entries()) {
    if (placed.has(message)) continue;
    if (message.role === 'tool') {
      made.push({ role: 'user', text: `[result of the tool call ${message.toolCallId}]\n${message.text}` });
      continue;
    }
    made.push(message);
    if (message.role !== 'assistant' || message.toolCalls.length === 0) continue;
    const after = messages.slice(index + 1);
    const next = after.findIndex((one) => one.role === 'assistant' && one.toolCalls.length > 0);
    const near = next === -1 ? after : after.slice(0, next);
    for (const { id } of message.toolCalls) {
      const result = near.find((one) => one.role === 'tool' && one.toolCallId === id && !placed.has(one));
      if (result) placed.add(result);
      made.push(result ?? { role: 'tool', toolCallId: id, text: '[no result: the call was interrupted]' });
    }
  }
  return made;
}

function isPlain(message: TurnMessage): boolean {
  return message.role === 'user' || (message.role === 'assistant' && message.toolCalls.length === 0);
}
