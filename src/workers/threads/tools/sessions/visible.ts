/**
 * Which sessions a tool may tell of: the agent's own, or all when the configuration says so. Where others than the owner
 * speak, in a group for one, only that session: they are not to learn what the owner said elsewhere.
 */
import type { SessionEntry, SessionKey } from '../../../../shared/store/records.js';
import { agentOf, canonicalKey, isMalformed, isShortEnough } from '../../../../shared/store/session-keys.js';
import { isOwners } from '../../../../shared/tools/policy.js';
import { ToolInputError, type ToolContext } from '../tool.js';
import type { SessionStore } from './session-store.js';

export function isVisible(key: SessionKey, context: ToolContext): boolean {
  const { agentId, sessionKey, via, settings } = context;
  const { visibility, scheme } = settings.sessions;
  if (key === sessionKey) return true;
  if (via === 'turn' && !isOwners(context)) return false;
  return visibility === 'all' || agentOf(key, scheme) === agentId;
}

export interface NamedSession {
  readonly key: SessionKey;
  /** Undefined for the caller's own session, of which nothing may be stored yet. */
  readonly entry: SessionEntry | undefined;
}

/**
 * The session that is meant; the caller's own when none is named.
 *
 * @throws ToolInputError when there is none, or it is not for this agent, which it does not learn
 */
export function namedSession(
  named: string | undefined,
  store: SessionStore,
  context: ToolContext,
): NamedSession {
  const key = keyOf(named, context);
  const entry = isVisible(key, context) ? store.get(key) : undefined;
  if (!entry && key !== context.sessionKey) throw new ToolInputError(`session not found: ${named}`);
  return { key, entry };
}

function keyOf(named: string | undefined, { agentId, sessionKey, settings }: ToolContext): SessionKey {
  if (named === undefined) {
    if (sessionKey === '') throw new ToolInputError('there is no session here: name one');
    return sessionKey as SessionKey;
  }
  if (isMalformed(named) || !isShortEnough(named)) throw new ToolInputError(`session not found: ${named}`);
  return canonicalKey(named, settings.sessions.scheme, agentId);
}
