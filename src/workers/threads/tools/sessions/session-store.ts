/**
 * Sessions as tools see them: read beside the primary, which writes them. A thread opens a store once, at its first such
 * call, and reads what is there at each.
 */
import type { Database } from 'lmdb';
import { sessionLimits } from '../../../../shared/session-limits.js';
import { toolLimits } from '../../../../shared/tools/limits.js';
import type { RunRecord, SessionEntry, SessionKey } from '../../../../shared/store/records.js';
import {
  openForReading,
  readTranscripts,
  type TranscriptReader,
} from '../../../../shared/store/transcript-reader.js';

export interface StoredSession {
  readonly key: SessionKey;
  readonly entry: SessionEntry;
}

export interface SessionQuery {
  readonly archived: boolean;
  /** Updated then or later. */
  readonly since: number;
  isVisible(key: SessionKey): boolean;
  /** All match when undefined. */
  readonly matches: ((session: StoredSession) => boolean) | undefined;
  readonly offset: number;
  readonly limit: number;
}

export interface SessionStore {
  readonly transcripts: TranscriptReader;
  get(key: SessionKey): SessionEntry | undefined;
  /** Updated last first. `more`: others follow. */
  newest(query: SessionQuery): { readonly sessions: readonly StoredSession[]; readonly more: boolean };
  /** Sessions with a run that has not ended. */
  busy(): ReadonlySet<SessionKey>;
}

/** @throws Error when the store cannot be read */
export type SessionStores = (storeDir: string) => SessionStore;

export function createSessionStores(): SessionStores {
  const stores = new Map<string, SessionStore>();
  return (storeDir) => {
    const store = stores.get(storeDir) ?? openSessionStore(storeDir);
    stores.set(storeDir, store);
    return store;
  };
}

function openSessionStore(path: string): SessionStore {
  const root = openForReading(path);
  const sessions = root.openDB<SessionEntry, SessionKey>({ name: 'sessions' });
  const byUpdated: UpdatedIndex = root.openDB({ name: 'by-updated' });
  const archivedIndex: UpdatedIndex = root.openDB({ name: 'archived' });
  const openRuns = root.openDB<string, string>({ name: 'open-runs' });
  const runs = root.openDB<RunRecord, string>({ name: 'runs' });
  return {
    transcripts: readTranscripts(root),
    get(key) {
      root.resetReadTxn();
      return sessions.get(key);
    },
    newest({ archived, since, isVisible, matches, offset, limit }) {
      root.resetReadTxn();
      const found: StoredSession[] = [];
      let left = offset;
      const index = archived ? archivedIndex : byUpdated;
      for (const [updated, key] of index.getKeys({ limit: sessionLimits.scan })) {
        if (-updated < since) break;
        if (!isVisible(key)) continue;
        // Keys are in the index: entries that are not shown need not be read.
        if (left > 0 && !matches) {
          left -= 1;
          continue;
        }
        const entry = sessions.get(key);
        if (!entry || (matches && !matches({ key, entry }))) continue;
        if (left > 0) left -= 1;
        else if (found.length === limit) return { sessions: found, more: true };
        else found.push({ key, entry });
      }
      return { sessions: found, more: false };
    },
    busy() {
      root.resetReadTxn();
      const ids = Array.from(openRuns.getKeys({ limit: toolLimits.openRuns }));
      return new Set(ids.flatMap((id) => runs.get(id)?.sessionKey ?? []));
    },
  };
}

/** [−updatedAt, key] */
type UpdatedIndex = Database<string, [number, SessionKey]>;
