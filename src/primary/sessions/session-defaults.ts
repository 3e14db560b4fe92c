/** What clients show of a session that has no model of its own. */
import { joinModelRef, splitModelRef, type ModelRef } from '../../shared/config/model-ref.js';
import type { RouteTable } from '../../shared/routes.js';

export interface SessionDefaults {
  readonly modelProvider?: string;
  readonly model?: string;
  readonly contextTokens: number;
}

/** Of models whose config does not say. */
const CONTEXT_TOKENS = 200_000;

export function sessionDefaults(routes: RouteTable, agentId = routes.defaultAgentId): SessionDefaults {
  const ref = routes.agents[agentId]?.model;
  if (!ref) return { contextTokens: CONTEXT_TOKENS };
  const { provider, model } = splitModelRef(ref);
  return { modelProvider: provider, model, contextTokens: contextTokensOf(ref, routes) };
}

/** The model that a session chose for itself. */
export function ownModel(modelProvider: string, model: string, routes: RouteTable): SessionDefaults {
  return { modelProvider, model, contextTokens: contextTokensOf(joinModelRef(modelProvider, model), routes) };
}

function contextTokensOf(ref: ModelRef, routes: RouteTable): number {
  return routes.contextWindows[ref] ?? CONTEXT_TOKENS;
}
