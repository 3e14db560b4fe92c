/** Which session is meant by an id, a label, or the beginning of an id (methods.md §4, `sessions.resolve`). */
import type { SessionKey } from '../../shared/store/records.js';
import { agentOf, canonicalKey } from '../../shared/store/session-keys.js';
import type { Sessions } from './sessions.js';

export interface SessionQuery {
  readonly key?: string;
  readonly sessionId?: string;
  readonly label?: string;
  /** Beginning of a session id. */
  readonly shortId?: string;
  /** A key, an id or a label. */
  readonly reference?: string;
  readonly agentId?: string;
  readonly spawnedBy?: string;
}

export type FoundSession =
  | { readonly outcome: 'found'; readonly key: SessionKey }
  /** `message` is what its caller is told (methods.md §4). */
  | { readonly outcome: 'missing' | 'ambiguous' | 'unclear'; readonly message: string };

/** More than these are not told apart. */
const CANDIDATES = 8;

export async function findSession(query: SessionQuery, sessions: Sessions): Promise<FoundSession> {
  const { key, sessionId, label, shortId, reference } = query;
  const given = [key, sessionId, label, shortId, reference].filter((value) => value !== undefined);
  const [name] = given;
  if (name === undefined) return unclear('Either key, sessionId, label, shortId, or reference is required');
  if (given.length > 1)
    return unclear('Provide either key, sessionId, label, shortId, or reference (not multiple)');
  const byName = label === undefined ? `: ${name}` : ` with label: ${name}`;
  const keys = [];
  for (const one of await candidates(query, name, sessions)) {
    if (await isMeant(one, query, sessions)) keys.push(one);
  }
  const [found] = keys;
  if (!found) return { outcome: 'missing', message: `No session found${byName}` };
  if (keys.length === 1) return { outcome: 'found', key: found };
  return { outcome: 'ambiguous', message: `Multiple sessions found${byName} (${keys.join(', ')})` };
}

async function candidates(
  query: SessionQuery,
  name: string,
  { scheme, store }: Sessions,
): Promise<readonly SessionKey[]> {
  const byKey = async () => [canonicalKey(name, scheme, query.agentId?.toLowerCase())];
  const byId = async () => [await store.sessions.keyOf(name)].filter((key) => key !== undefined);
  const byLabel = () => store.sessions.labelled(name);
  if (query.key !== undefined) return byKey();
  if (query.sessionId !== undefined) return byId();
  if (query.label !== undefined) return byLabel();
  if (query.shortId !== undefined) return store.sessions.withIdPrefix(name.toLowerCase(), CANDIDATES);
  for (const keys of [await byKey(), await byId(), await byLabel()]) {
    const [first] = keys;
    if (first && (await store.sessions.get(first))) return keys;
  }
  return [];
}

async function isMeant(key: SessionKey, query: SessionQuery, sessions: Sessions): Promise<boolean> {
  const entry = await sessions.get(key);
  if (!entry) return false;
  const { agentId, spawnedBy } = query;
  if (agentId !== undefined && agentOf(key, sessions.scheme) !== agentId.toLowerCase()) return false;
  return spawnedBy === undefined || entry.spawnedBy === spawnedBy;
}

function unclear(message: string): FoundSession {
  return { outcome: 'unclear', message };
}
