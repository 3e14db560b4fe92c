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
    const results = resultsAfter(messages, index);
    for (const { id } of message.toolCalls) {
      const result = results.get(id)?.pop();
      if (result) placed.add(result);
      made.push(result ?? { role: 'tool', toolCallId: id, text: '[no result: the call was interrupted]' });
    }
  }
  return made;
}

/** Those before the next calls, by the call that they are of, the first one last. */
function resultsAfter(messages: readonly TurnMessage[], index: number): ReadonlyMap<string, TurnMessage[]> {
  let at = index + 1;
  while (at < messages.length && !hasCalls(messages[at])) at += 1;
  const results = new Map<string, TurnMessage[]>();
  for (at -= 1; at > index; at -= 1) {
    const one = messages[at];
    if (one?.role !== 'tool') continue;
    const known = results.get(one.toolCallId);
    if (known) known.push(one);
    else results.set(one.toolCallId, [one]);
  }
  return results;
}

function hasCalls(message: TurnMessage | undefined): boolean {
  return message?.role === 'assistant' && message.toolCalls.length > 0;
}

function isPlain(message: TurnMessage): boolean {
  return message.role !== 'tool' && !hasCalls(message);
}
