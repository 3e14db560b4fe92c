/** The sessions of the gateway: their entries change one after another, each change committed with what belongs to it. */
import { randomUUID } from 'node:crypto';
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import type { SessionEntry, SessionKey, TranscriptEntry } from '../../shared/store/records.js';
import type { Change, Store } from '../store/store.js';
import type { KeyScheme } from './session-keys.js';
import { sessionLine } from './transcript-lines.js';

export interface Sessions {
  readonly scheme: KeyScheme;
  readonly store: Store;
  get(key: SessionKey): Promise<SessionEntry | undefined>;
  /** Runs a task that reads the session and then changes it; no other such task of the session runs meanwhile. */
  exclusive<T>(key: SessionKey, task: () => Promise<T>): Promise<T>;
  /** As `exclusive`, for who is about to give a session this label. Inside `exclusive`, never around it. */
  exclusiveLabel<T>(label: string, task: () => Promise<T>): Promise<T>;
  /** The session's entry, or that of a new one, which is not stored yet. */
  getOrNew(key: SessionKey, at: number): Promise<SessionEntry>;
  /** Appends to the session's transcript, which gets its first line when it has none. Call within `exclusive`. */
  appending(sessionId: string, at: number, lines: MakeLines): Promise<Change>;
}

/** Makes lines that follow the line `parentId`. */
export type MakeLines = (parentId: string | null) => readonly TranscriptEntry[];

export function createSessions(store: Store, scheme: KeyScheme, workspace: string): Sessions {
  const queue = createKeyedQueue();
  const labels = createKeyedQueue();
  const get = (key: SessionKey): Promise<SessionEntry | undefined> => store.sessions.get(key);
  return {
    scheme,
    store,
    get,
    exclusive: (key, task) => queue.run(key, task),
    exclusiveLabel: (label, task) => labels.run(label, task),
    getOrNew: async (key, at) => (await get(key)) ?? newSession(at),
    async appending(sessionId, at, lines) {
      const length = await store.transcripts.length(sessionId);
      const [last] = length > 1 ? await store.transcripts.read(sessionId, length - 1, length) : [];
      const first = length === 0 ? [sessionLine(sessionId, workspace, at)] : [];
      return { type: 'append', sessionId, entries: [...first, ...lines(last?.entry.id ?? null)] };
    },
  };
}

export function newSession(at: number): SessionEntry {
  return { sessionId: randomUUID(), updatedAt: at, sessionStartedAt: at, lastInteractionAt: at };
}
