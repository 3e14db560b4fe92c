/**
 * Things that a session's next turn is to know (methods.md §2, `system-event`). They wait in the session's entry and
 * become lines of its transcript with the turn's message; the oldest give way.
 */
import { systemEventLimits } from '../../shared/session-limits.js';
import type { SessionEntry, SessionKey, TranscriptEntry } from '../../shared/store/records.js';
import type { Sessions } from './sessions.js';
import { customMessageLine } from './transcript-lines.js';

export interface SystemEvent {
  readonly text: string;
  readonly at: number;
}

export function queueSystemEvent(sessions: Sessions, key: SessionKey, event: SystemEvent): Promise<void> {
  return sessions.exclusive(key, async () => {
    const entry = withSystemEvent(await sessions.getOrNew(key, event.at), event);
    await sessions.commit(key, [{ type: 'session', key, entry }]);
  });
}

export function withSystemEvent(entry: SessionEntry, event: SystemEvent): SessionEntry {
  return { ...entry, systemEvents: [...waiting(entry), event].slice(-systemEventLimits.waiting) };
}

/** The lines that follow `parentId`, and the entry without what waited. */
export function takeSystemEvents(
  entry: SessionEntry,
  parentId: string | null,
): { readonly lines: readonly TranscriptEntry[]; readonly after: SessionEntry } {
  const { systemEvents: _taken, ...after } = entry;
  const lines: TranscriptEntry[] = [];
  for (const { text, at } of waiting(entry)) {
    lines.push(customMessageLine('system-event', `System: ${text}`, lines.at(-1)?.id ?? parentId, at));
  }
  return { lines, after };
}

function waiting(entry: SessionEntry): readonly SystemEvent[] {
  return entry.systemEvents ?? [];
}
