/** Stores a summary of a session, whoever asked for it. */
import type { Compaction } from '../../shared/run-job.js';
import type { SessionKey } from '../../shared/store/records.js';
import type { Change } from '../store/store.js';
import type { Sessions } from './sessions.js';
import { compactionLine } from './transcript-lines.js';

/** False when the session was reset or deleted meanwhile: then nothing is stored. */
export function storeCompaction(
  sessions: Sessions,
  { key, sessionId }: { readonly key: SessionKey; readonly sessionId: string },
  compaction: Compaction,
  at: number,
  also: readonly Change[] = [],
): Promise<boolean> {
  return sessions.exclusive(key, async () => {
    const entry = await sessions.get(key);
    if (entry?.sessionId !== sessionId) return false;
    const { change } = await sessions.appending(sessionId, at, (parentId) => [
      compactionLine(compaction, parentId, at),
    ]);
    const compactionCount = (entry.compactionCount ?? 0) + 1;
    await sessions.commit(key, [
      change,
      { type: 'session', key, entry: { ...entry, updatedAt: at, compactionCount, totalTokensFresh: false } },
      ...also,
    ]);
    sessions.changed(key, { reason: 'compact' });
    return true;
  });
}
