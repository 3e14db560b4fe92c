/** A message that a session is given without a turn (methods.md §3 `chat.inject`, §8 `send`). */
import type { RunRecord, SessionEntry, SessionKey } from '../../shared/store/records.js';
import { noUsage } from '../../shared/usage.js';
import type { Change } from '../store/store.js';
import { RunEvents, type Broadcast } from './run-events.js';
import { agentOf } from '../../shared/store/session-keys.js';
import type { Sessions } from './sessions.js';
import { assistantLine } from './transcript-lines.js';

export interface InjectedMessage {
  readonly key: SessionKey;
  readonly text: string;
  /** The record that takes an idempotency key with the message; none: the message has no key. */
  claim?(added: Added): RunRecord;
  /** In the same commit. */
  readonly besides?: readonly Change[];
}

export interface Added {
  readonly messageId: string;
  readonly sessionId: string;
  readonly at: number;
}

export type Injection =
  | { readonly outcome: 'added'; readonly messageId: string }
  /** The key was used before. */
  | { readonly outcome: 'repeated'; readonly run: RunRecord }
  /** There is no such session. */
  | { readonly outcome: 'missing' };

export interface InjectionServices {
  readonly sessions: Sessions;
  readonly broadcast: Broadcast;
}

export function injectMessage(message: InjectedMessage, services: InjectionServices): Promise<Injection> {
  const { sessions, broadcast } = services;
  const { key, text, claim, besides = [] } = message;
  return sessions.exclusive(key, async () => {
    const entry = await sessions.get(key);
    if (!entry) return { outcome: 'missing' };
    const at = Date.now();
    const { messageId, changes: own } = await appended(key, entry, text, at, sessions);
    const changes = [...own, ...besides];
    if (claim) {
      const run = await sessions.claim(key, claim({ messageId, sessionId: entry.sessionId, at }), changes);
      if (run) return { outcome: 'repeated', run };
    } else await sessions.commit(key, changes);
    sessions.changed(key, { reason: 'send' });
    const subject = { runId: `inject-${messageId}`, sessionKey: key, agentId: agentOf(key, sessions.scheme) };
    new RunEvents(subject, broadcast).final(text, at, undefined, undefined);
    return { outcome: 'added', messageId };
  });
}

async function appended(
  key: SessionKey,
  entry: SessionEntry,
  text: string,
  at: number,
  sessions: Sessions,
): Promise<{ readonly messageId: string; readonly changes: readonly Change[] }> {
  const facts = { provider: '', model: '', usage: noUsage, stopReason: 'stop' };
  let messageId = '';
  const { change } = await sessions.appending(entry.sessionId, at, (parentId) => {
    const line = assistantLine(text, facts, parentId, at);
    messageId = line.id;
    return [line];
  });
  return { messageId, changes: [change, { type: 'session', key, entry: { ...entry, updatedAt: at } }] };
}
