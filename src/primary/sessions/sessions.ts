/** The sessions of the gateway: their entries change one after another, each change committed with what belongs to it. */
import { randomUUID } from 'node:crypto';
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import type { PlacedLine } from '../../shared/history-row.js';
import type { RunRecord, SessionEntry, SessionKey, TranscriptEntry } from '../../shared/store/records.js';
import type { Change, Store } from '../store/store.js';
import type { KeyScheme } from '../../shared/store/session-keys.js';
import { sessionLine } from './transcript-lines.js';

/** What happened to a session (methods.md §4.2). */
export type SessionChange =
  | { readonly reason: 'create' | 'send' | 'patch' | 'reset' | 'new' | 'delete' | 'compact' }
  | { readonly phase: 'start' | 'end' | 'error'; readonly runId: string };

/** Told after the fact. */
export interface SessionObserver {
  changed(key: SessionKey, change: SessionChange): void;
  /** Whether lines of this session are of interest. */
  hears(key: SessionKey): boolean;
  appended(appended: PlacedLine): void;
}

export interface Sessions {
  /** As the config says now. */
  readonly workspace: string;
  readonly scheme: KeyScheme;
  readonly store: Store;
  get(key: SessionKey): Promise<SessionEntry | undefined>;
  /** Runs a task that reads the session and then changes it; no other such task of the session runs meanwhile. */
  exclusive<T>(key: SessionKey, task: () => Promise<T>): Promise<T>;
  /** As `exclusive`, for who is about to give a session this label. Inside `exclusive`, never around it. */
  exclusiveLabel<T>(label: string, task: () => Promise<T>): Promise<T>;
  /** Commits changes of this session, and tells of lines that they append. Call within `exclusive`. */
  commit(key: SessionKey, changes: readonly Change[]): Promise<void>;
  /**
   * As `commit`, with the key of a run; when it is taken, nothing happens, and it gives the run that has it. Lines are told
   * of when whoever asked has been answered.
   */
  claim(key: SessionKey, run: RunRecord, changes: readonly Change[]): Promise<RunRecord | undefined>;
  changed: SessionObserver['changed'];
  /** The session's entry, or that of a new one, which is not stored yet. */
  getOrNew(key: SessionKey, at: number): Promise<SessionEntry>;
  /** Appends to the session's transcript, which gets its first line when it has none. Call within `exclusive`. */
  appending(sessionId: string, at: number, lines: MakeLines): Promise<Appending>;
}

export interface Appending {
  readonly change: Change;
  /** Where the transcript ends with it. */
  readonly end: number;
}

/** Makes lines that follow the line `parentId`, which is `last`; null and undefined for the first ones. */
export type MakeLines = (
  parentId: string | null,
  last: TranscriptEntry | undefined,
) => readonly TranscriptEntry[];

export interface SessionsOptions {
  readonly store: Store;
  scheme(): KeyScheme;
  /** Where its agent works, as transcripts say. */
  workspace(): string;
  readonly observer: SessionObserver;
}

export function createSessions({ store, scheme, workspace, observer }: SessionsOptions): Sessions {
  const queue = createKeyedQueue();
  const labels = createKeyedQueue();
  const get = (key: SessionKey): Promise<SessionEntry | undefined> => store.sessions.get(key);
  /** Lines that these changes have appended, if anybody wants to hear of them. Call within `exclusive`. */
  const appendedBy = async (key: SessionKey, changes: readonly Change[]): Promise<PlacedLine[]> => {
    const lines: PlacedLine[] = [];
    if (!observer.hears(key)) return lines;
    for (const change of changes) {
      if (change.type !== 'append') continue;
      const { sessionId, entries } = change;
      const first = (await store.transcripts.length(sessionId)) - entries.length;
      for (const [n, line] of entries.entries()) lines.push({ key, sessionId, index: first + n, line });
    }
    return lines;
  };
  return {
    get workspace() {
      return workspace();
    },
    get scheme() {
      return scheme();
    },
    store,
    get,
    exclusive: (key, task) => queue.run(key, task),
    exclusiveLabel: (label, task) => labels.run(label, task),
    changed: observer.changed,
    async commit(key, changes) {
      await store.commit(changes);
      for (const line of await appendedBy(key, changes)) observer.appended(line);
    },
    async claim(key, run, changes) {
      const taken = await store.claimRun(run, changes);
      const lines = taken ? [] : await appendedBy(key, changes);
      if (lines.length > 0) setImmediate(() => lines.forEach(observer.appended));
      return taken;
    },
    getOrNew: async (key, at) => (await get(key)) ?? newSession(at),
    async appending(sessionId, at, lines) {
      const length = await store.transcripts.length(sessionId);
      const [last] = length > 1 ? await store.transcripts.read(sessionId, length - 1, length) : [];
      const first = length === 0 ? [sessionLine(sessionId, workspace(), at)] : [];
      const entries = [...first, ...lines(last?.entry.id ?? null, last?.entry)];
      return { change: { type: 'append', sessionId, entries }, end: length + entries.length };
    },
  };
}

export function newSession(at: number): SessionEntry {
  return { sessionId: randomUUID(), updatedAt: at, sessionStartedAt: at, lastInteractionAt: at };
}
