/** What of a session stays when it begins anew, and under which name what was said is kept (runs-and-events.md §8, §9). */
import type { ArchivedTranscript, SessionEntry, SessionKey } from '../../shared/store/records.js';
import type { Store } from '../store/store.js';
import { newSession } from './sessions.js';

/** The name that its lines get; undefined when there are none. */
export async function archiveOf(
  { transcripts }: Store,
  sessionKey: SessionKey,
  sessionId: string,
  why: 'reset' | 'deleted',
  archivedAt: number,
): Promise<ArchivedTranscript | undefined> {
  if ((await transcripts.length(sessionId)) === 0) return undefined;
  const name = `${sessionId}.jsonl.${why}.${archivedAt}`;
  return { name, sessionKey, sessionId, from: await transcripts.start(sessionId), archivedAt };
}

/** What a conversation has brought about; everything else in an entry is a preference, or not known here. */
const ofConversation: ReadonlySet<string> = new Set([
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'totalTokensFresh',
  'contextTokens',
  'modelProvider',
  'model',
  'compactionCount',
  'systemSent',
  'droppedMessages',
  'abortedLastRun',
  'status',
  'startedAt',
  'endedAt',
  'runtimeMs',
]);

/** The session without what was said in it. */
export function renewed(before: SessionEntry, at: number): SessionEntry {
  const kept = Object.entries(before).filter(([field]) => !ofConversation.has(field));
  const counters = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  return { ...Object.fromEntries(kept), ...newSession(at), ...counters };
}
