/** The agent and the session that a hook is for, and whether it may be for them (http.md §11.3, config.md §8 `hooks`). */
import { randomUUID } from 'node:crypto';
import { ApiError } from '../../../shared/errors/api-error.js';
import type { HookSetup } from '../../../shared/hooks/setup.js';
import type { RouteTable } from '../../../shared/routes.js';
import type { SessionKey } from '../../../shared/store/records.js';
import {
  agentOf,
  canonicalKey,
  isMalformed,
  isReserved,
  isShortEnough,
  mainSessionKey,
  type KeyScheme,
} from '../../../shared/store/session-keys.js';
import type { HookTarget } from './fields.js';

export interface HookPlace {
  readonly key: SessionKey;
  readonly agentId: string;
}

export interface PlaceRules {
  readonly setup: HookSetup;
  readonly scheme: KeyScheme;
  readonly routes: RouteTable;
}

/** Who names the session: the caller, or a mapping of the owner's. */
export type Namer = 'request' | 'mapping';

/** Where a hook that names no session goes: a run to one of its own, a wake to the main one. */
export type Unnamed = 'own' | 'main';

/** @throws ApiError 400 */
export function placeOf(target: HookTarget, rules: PlaceRules, namer: Namer, unnamed: Unnamed): HookPlace {
  const { setup, scheme, routes } = rules;
  const named = target.agentId?.toLowerCase();
  if (named !== undefined && !Object.hasOwn(routes.agents, named))
    throw invalid(`unknown agent id "${target.agentId}"`);
  const agentId = named ?? scheme.defaultAgentId;
  const { sessionKey } = target;
  if (sessionKey === undefined) {
    requireAllowed(named, setup);
    if (unnamed === 'main') return { key: mainSessionKey(scheme, agentId), agentId };
    const key = setup.defaultSessionKey ?? `hook:${randomUUID()}`;
    return ownedBy(canonicalKey(key, scheme, agentId), named, rules);
  }
  if (namer === 'request' && !setup.allowRequestSessionKey)
    throw invalid('sessionKey may not be named: hooks.allowRequestSessionKey is off');
  if (!isShortEnough(sessionKey) || isMalformed(sessionKey))
    throw invalid('sessionKey is malformed or too long');
  if (isReserved(sessionKey)) throw invalid('sessionKey cannot use reserved internal session namespaces');
  const key = canonicalKey(sessionKey, scheme, agentId);
  if (!hasAllowedPrefix(key, setup))
    throw invalid('sessionKey must begin with one of hooks.allowedSessionKeyPrefixes');
  const place = ownedBy(key, named, rules);
  // Naming another agent's session names the agent.
  requireAllowed(named ?? (place.agentId === scheme.defaultAgentId ? undefined : place.agentId), setup);
  return place;
}

/** The session and the agent whose it is. */
function ownedBy(key: SessionKey, named: string | undefined, { scheme, routes }: PlaceRules): HookPlace {
  const shared = key === 'global' || key === 'unknown';
  const agentId = shared && named !== undefined ? named : agentOf(key, scheme);
  if (named !== undefined && named !== agentId) throw invalid('agentId does not match sessionKey');
  if (!Object.hasOwn(routes.agents, agentId)) throw invalid(`unknown agent id "${agentId}"`);
  return { key, agentId };
}

function requireAllowed(named: string | undefined, { allowedAgentIds }: HookSetup): void {
  if (named === undefined || allowedAgentIds === null) return;
  if (!allowedAgentIds.includes('*') && !allowedAgentIds.includes(named))
    throw invalid(`agentId is not one of hooks.allowedAgentIds: "${named}"`);
}

/** Of the key as it is, or without its agent. */
function hasAllowedPrefix(key: SessionKey, { allowedSessionKeyPrefixes: prefixes }: HookSetup): boolean {
  const bare = key.replace(/^agent:[^:]+:/, '');
  return prefixes === null || prefixes.some((prefix) => bare.startsWith(prefix) || key.startsWith(prefix));
}

function invalid(message: string): ApiError {
  return new ApiError('hookRequest', { message });
}
