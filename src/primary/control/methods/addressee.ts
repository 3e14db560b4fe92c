/** The agent and the session that a call means (methods.md §3), in their canonical form. */
import type { RouteTable } from '../../../shared/routes.js';
import type { SessionKey } from '../../../shared/store/records.js';
import { agentOf, canonicalKey, mainSessionKey, type KeyScheme } from '../../../shared/store/session-keys.js';
import { invalidRequest } from './method.js';

export interface Addressee {
  readonly agentId: string;
  readonly key: SessionKey;
}

interface Named {
  readonly agentId?: string | undefined;
  /** The agent's main session where there is none. */
  readonly sessionKey?: string | undefined;
}

interface Caller {
  readonly scheme: KeyScheme;
  readonly routes: RouteTable;
  /** The method, for the error. */
  readonly caller: string;
}

/** @throws RpcError */
export function requireAddressee({ agentId, sessionKey }: Named, caller: Caller): Addressee {
  const { scheme, routes } = caller;
  const named = agentId === undefined ? undefined : requireAgent(agentId, routes, caller.caller);
  const key =
    sessionKey === undefined ? mainSessionKey(scheme, named) : canonicalKey(sessionKey, scheme, named);
  const owner = requireOwner(key, named, caller);
  return { agentId: named ?? owner, key };
}

/** The agent whose session it is; `named`: whose it was said to be. @throws RpcError */
export function requireOwner(
  key: SessionKey,
  named: string | undefined,
  { scheme, routes, caller }: Caller,
): string {
  const owner = agentOf(key, scheme);
  if (named !== undefined && key !== 'global' && owner !== named)
    throw invalidRequest(
      `invalid ${caller} params: agent "${named}" does not match session key agent "${owner}"`,
    );
  return requireAgent(owner, routes, caller);
}

/** The agent's canonical id. @throws RpcError */
export function requireAgent(agentId: string, routes: RouteTable, caller: string): string {
  const id = agentId.trim().toLowerCase();
  if (Object.hasOwn(routes.agents, id)) return id;
  throw invalidRequest(`invalid ${caller} params: unknown agent id "${agentId}"`);
}
