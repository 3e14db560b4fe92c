/**
 * Changes of whole sessions: patch, reset, delete, compact (methods.md §4, runs-and-events.md §9). None of them copies or
 * reads a transcript: an archive is a name for lines that stay where they are.
 */
import type { RouteTable } from '../../shared/routes.js';
import type { SessionEntry, SessionKey } from '../../shared/store/records.js';
import type { Change } from '../store/store.js';
import type { Runs } from './runs.js';
import { agentOf, mainSessionKey } from '../../shared/store/session-keys.js';
import { patchedEntry, type SessionPatch } from './session-patch.js';
import { SessionRefusal } from './session-refusal.js';
import { archiveOf, renewed } from './session-renewal.js';
import { newSession, type Sessions } from './sessions.js';

export interface SessionChanges {
  /** Gives the session's entry afterwards; one that did not exist is made. @throws SessionRefusal */
  patch(key: SessionKey, patch: SessionPatch, expectedSessionId?: string): Promise<SessionEntry>;
  /** Ends its runs; what was said is archived, preferences stay. Gives the new entry. @throws SessionRefusal */
  reset(key: SessionKey, how: Reset): Promise<SessionEntry>;
  /** Ends its runs. @throws SessionRefusal */
  remove(key: SessionKey, how: Removal): Promise<Removed>;
  /** Keeps the last lines of its transcript. */
  compact(key: SessionKey, lines: number): Promise<Compacted>;
}

export interface Reset {
  readonly reason: 'new' | 'reset';
  readonly expectedSessionId?: string | undefined;
}

export interface Removal {
  /** False: its lines stay without a name. */
  readonly archive: boolean;
  readonly archivedOnly: boolean;
  readonly expectedSessionId: string | undefined;
}

export interface Removed {
  readonly deleted: boolean;
  /** Names of archives. */
  readonly archived: readonly string[];
}

export type Compacted =
  | { readonly compacted: true; readonly kept: number; readonly archived: string }
  | { readonly compacted: false; readonly kept: number }
  | { readonly compacted: false; readonly reason: 'no sessionId' | 'no transcript' };

export interface SessionChangeOptions {
  readonly sessions: Sessions;
  readonly runs: Runs;
  routes(): RouteTable;
  now(): number;
}

export function createSessionChanges({ sessions, runs, routes, now }: SessionChangeOptions): SessionChanges {
  const { store } = sessions;

  return {
    patch: (key, patch, expectedSessionId) =>
      sessions.exclusive(key, async () => {
        const at = now();
        const known = await sessions.get(key);
        requireSame(known, expectedSessionId);
        const before = known ?? newSession(at);
        const entry = { ...patchedEntry(before, patch, routes()), updatedAt: at };
        const { label } = entry;
        const commit = () => store.commit([{ type: 'session', key, entry }]);
        if (label === undefined || label === before.label) await commit();
        else {
          await sessions.exclusiveLabel(label, async () => {
            const others = (await store.sessions.labelled(label)).filter((one) => one !== key);
            if (others.length > 0) throw new SessionRefusal(`label already in use: ${label}`);
            await commit();
          });
        }
        sessions.changed(key, { reason: known ? 'patch' : 'create' });
        return entry;
      }),
    async reset(key, { reason, expectedSessionId }) {
      requireSame(await sessions.get(key), expectedSessionId);
      await runs.abort(key, undefined, 'rpc');
      return sessions.exclusive(key, async () => {
        const before = await sessions.get(key);
        requireSame(before, expectedSessionId);
        const entry = before ? renewed(before, now()) : newSession(now());
        const changes: Change[] = [{ type: 'session', key, entry }];
        const archive = before && (await archiveOf(store, key, before.sessionId, 'reset', now()));
        if (archive) changes.push({ type: 'archive', archive });
        await store.commit(changes);
        sessions.changed(key, { reason });
        return entry;
      });
    },
    async remove(key, how) {
      const { scheme } = sessions;
      if (key === mainSessionKey(scheme, agentOf(key, scheme)))
        throw new SessionRefusal(`Cannot delete the main session (${key}).`);
      const check = (entry: SessionEntry | undefined): void => {
        requireSame(entry, how.expectedSessionId);
        if (entry && how.archivedOnly && entry.archived !== true)
          throw new SessionRefusal(`session is not archived: ${key}`);
      };
      check(await sessions.get(key));
      await runs.abort(key, undefined, 'rpc');
      return sessions.exclusive(key, async () => {
        const entry = await sessions.get(key);
        if (!entry) return { deleted: false, archived: [] };
        check(entry);
        const changes: Change[] = [{ type: 'session', key, entry: null }];
        const archive = how.archive
          ? await archiveOf(store, key, entry.sessionId, 'deleted', now())
          : undefined;
        if (archive) changes.push({ type: 'archive', archive });
        await store.commit(changes);
        sessions.changed(key, { reason: 'delete' });
        return { deleted: true, archived: archive ? [archive.name] : [] };
      });
    },
    compact: (key, lines) =>
      sessions.exclusive(key, async () => {
        const entry = await sessions.get(key);
        if (!entry) return { compacted: false, reason: 'no sessionId' };
        const { sessionId } = entry;
        const end = await store.transcripts.length(sessionId);
        if (end === 0) return { compacted: false, reason: 'no transcript' };
        const from = await store.transcripts.start(sessionId);
        const to = end - lines;
        if (to <= from) return { compacted: false, kept: end - from };
        const archivedAt = now();
        const name = `${sessionId}.jsonl.compacted.${archivedAt}`;
        const after = { ...entry, updatedAt: archivedAt, compactionCount: (entry.compactionCount ?? 0) + 1 };
        await store.commit([
          { type: 'trim', sessionId, start: to },
          { type: 'archive', archive: { name, sessionKey: key, sessionId, from, to, archivedAt } },
          { type: 'session', key, entry: after },
        ]);
        sessions.changed(key, { reason: 'compact' });
        return { compacted: true, kept: lines, archived: name };
      }),
  };
}

function requireSame(entry: SessionEntry | undefined, expectedSessionId: string | undefined): void {
  if (expectedSessionId !== undefined && entry?.sessionId !== expectedSessionId)
    throw new SessionRefusal('expectedSessionId does not match the session');
}
