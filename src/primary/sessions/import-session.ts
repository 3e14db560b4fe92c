/**
 * Puts a session from elsewhere into the store (runs-and-events.md §7). A transcript may be longer than memory, so its
 * lines are committed page by page under an id that no session has; the session appears with the last of them:
 *
 *   what it replaces goes, first page ──▶ further pages ──▶ last page, the session
 *                     └─────── failed: the lines go again ───────┘
 */
import type { SessionKey, TranscriptEntry } from '../../shared/store/records.js';
import type { Stored, StoredSession } from '../../shared/stored-sessions.js';
import type { Change, Store } from '../store/store.js';
import { withoutImageData } from '../store/image-data.js';
import { isCanonicalKey } from '../../shared/store/session-keys.js';
import { archiveOf } from './session-renewal.js';

/** Nobody else may write to the store meanwhile. @param now milliseconds since the epoch */
export async function importSession(
  store: Store,
  { key: name, entry, pages }: StoredSession,
  replace: boolean,
  now: number,
): Promise<Stored> {
  if (!isCanonicalKey(name)) return refused('not a session key');
  const key = name;
  const { sessionId } = entry;
  const obstacle = await obstacleTo(store, key, entry, replace);
  if (obstacle !== undefined) return refused(obstacle);

  let changes = await removal(store, key, sessionId, now);
  let last: readonly TranscriptEntry[] = [];
  let lines = 0;
  let begun = false;
  const append = (): Change[] => {
    if (last.length === 0) return [];
    const read = last.map(withoutImageData);
    return [
      { type: 'append', sessionId, entries: read.map(({ line }) => line) },
      ...read.flatMap(({ blobs }) => blobs),
    ];
  };
  try {
    for await (const page of pages) {
      lines += page.length;
      if (last.length > 0) {
        begun = true;
        await store.commit([...changes, ...append()]);
        changes = [];
      }
      last = page;
    }
    await store.commit([...changes, ...append(), { type: 'session', key, entry }]);
    return { stored: true, lines };
  } catch (caught) {
    if (begun) await store.commit([dropping(sessionId)]);
    throw caught;
  }
}

async function obstacleTo(
  store: Store,
  key: SessionKey,
  { sessionId, label }: StoredSession['entry'],
  replace: boolean,
): Promise<string | undefined> {
  const known = await store.sessions.get(key);
  if (known && !replace) return 'there is such a session; --overwrite replaces it';
  const owner = await store.sessions.keyOf(sessionId);
  if (owner !== undefined && owner !== key) return `its transcript is that of session ${owner}`;
  const others = label === undefined ? [] : await store.sessions.labelled(label);
  const other = others.find((one) => one !== key);
  if (other !== undefined) return `its label is that of session ${other}`;
  // Of a session that was reset or deleted, or of an import that was cut off.
  const hasLines = owner === undefined && (await store.transcripts.length(sessionId)) > 0;
  return hasLines && !replace
    ? 'lines of its transcript are in the store without it; --overwrite replaces them'
    : undefined;
}

/** What was said under another id stays, as after a reset. */
async function removal(store: Store, key: SessionKey, sessionId: string, now: number): Promise<Change[]> {
  const before = await store.sessions.get(key);
  const changes: Change[] = before ? [{ type: 'session', key, entry: null }] : [];
  if ((await store.transcripts.length(sessionId)) > 0) changes.push(dropping(sessionId));
  if (before && before.sessionId !== sessionId) {
    const archive = await archiveOf(store, key, before.sessionId, 'reset', now);
    if (archive) changes.push({ type: 'archive', archive });
  }
  return changes;
}

function dropping(sessionId: string): Change {
  return { type: 'drop-lines', sessionId, from: 0, to: Number.MAX_SAFE_INTEGER };
}

function refused(reason: string): Stored {
  return { stored: false, reason };
}
