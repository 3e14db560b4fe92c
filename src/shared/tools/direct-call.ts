/** A tool called by a client itself, without a model: over HTTP in a worker, over RPC through the primary (http.md §9). */
import { httpErrors, type HttpErrorName } from '../errors/catalogue.js';
import {
  agentOf,
  canonicalKey,
  isMalformed,
  isShortEnough,
  mainSessionKey,
  type KeyScheme,
} from '../store/session-keys.js';
import { unreachable } from '../unreachable.js';
import type { ToolFailure } from './tool-call.js';

/** On whose behalf. */
export interface DirectCaller {
  readonly agentId: string;
  /** Canonical. */
  readonly sessionKey: string;
}

export interface DirectCall {
  readonly caller: DirectCaller;
  readonly name: string;
  /** An object, as JSON text. */
  readonly args: string;
}

export type DirectResult =
  /** `output` is JSON text: content and details. */
  | { readonly status: 'ok'; readonly output: string }
  | { readonly status: 'error'; readonly kind: ToolFailure; readonly message: string };

/** What a client is told of a failure: what went wrong inside of a tool is in the log only. */
export interface DirectFailure {
  readonly error: Extract<
    HttpErrorName,
    'toolNotFound' | 'toolBlocked' | 'toolInput' | 'toolFailed' | 'overloaded'
  >;
  readonly message: string;
}

export function directFailure(kind: ToolFailure, message: string): DirectFailure {
  switch (kind) {
    case 'not-found':
      return { error: 'toolNotFound', message };
    case 'blocked':
      return { error: 'toolBlocked', message };
    case 'input':
      return { error: 'toolInput', message };
    case 'overloaded':
      return { error: 'overloaded', message: httpErrors.overloaded.message };
    case 'failed':
    case 'timeout':
    case 'memory':
    case 'output':
    case 'crashed':
    case 'aborted':
      return { error: 'toolFailed', message: httpErrors.toolFailed.message };
    default:
      return unreachable(kind);
  }
}

export interface NamedCaller {
  readonly sessionKey?: string | undefined;
  readonly agentId?: string | undefined;
}

/** The agent and the session that are meant; the default agent's main one where nothing is said. */
export function directCaller(
  { sessionKey, agentId }: NamedCaller,
  scheme: KeyScheme,
  isAgent: (id: string) => boolean,
): DirectCaller | { readonly problem: string } {
  const named = agentId?.toLowerCase();
  if (sessionKey !== undefined && !isShortEnough(sessionKey)) return { problem: 'sessionKey is too long' };
  if (sessionKey !== undefined && isMalformed(sessionKey))
    return { problem: `malformed session key "${sessionKey}"` };
  const key = sessionKey ? canonicalKey(sessionKey, scheme, named) : mainSessionKey(scheme, named);
  // A session that all agents share is anybody's.
  const owner = key.startsWith('agent:') ? agentOf(key, scheme) : (named ?? scheme.defaultAgentId);
  if (named !== undefined && named !== owner) return { problem: 'agentId does not match sessionKey' };
  if (!isAgent(owner)) return { problem: `unknown agent id "${owner}"` };
  return { agentId: owner, sessionKey: key };
}
