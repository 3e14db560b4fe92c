/** What clients show of a session that has no model of its own. */
import { splitModelRef } from '../../shared/config/model-ref.js';
import type { RouteTable } from '../../shared/routes.js';

export interface SessionDefaults {
  readonly modelProvider?: string;
  readonly model?: string;
  readonly contextTokens: number;
}

/** Until models say what theirs is. */
const CONTEXT_TOKENS = 200_000;

export function sessionDefaults(routes: RouteTable, agentId = routes.defaultAgentId): SessionDefaults {
  const ref = routes.agents[agentId]?.model;
  if (!ref) return { contextTokens: CONTEXT_TOKENS };
  const { provider, model } = splitModelRef(ref);
  return { modelProvider: provider, model, contextTokens: CONTEXT_TOKENS };
}
