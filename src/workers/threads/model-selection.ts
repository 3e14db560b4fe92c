/** From what a request calls `model` to the agent and backend model that answer (http.md §5.1). */
import { isModelRef, splitModelRef, type ModelRef } from '../../shared/config/model-ref.js';
import { ApiError } from '../../shared/errors/api-error.js';
import type { ProviderRoute, RouteTable } from '../../shared/routes.js';

export interface SelectionRequest {
  readonly model: string | undefined;
  /** Header `x-pllan-agent-id`. */
  readonly agentHeader: string | undefined;
  /** Header `x-pllan-model`. */
  readonly modelHeader: string | undefined;
}

export interface Selection {
  readonly agentId: string;
  /** The request names the agent; else it is the default one. */
  readonly agentNamed: boolean;
  /** The model that the request names instead of the agent's. */
  readonly override: ModelRef | undefined;
  readonly provider: ProviderRoute;
  /** The provider's own name of the model. */
  readonly model: string;
}

const agentForm = /^(?:pllan|openclaw)[/:]([a-z0-9][a-z0-9_-]{0,63})$|^agent:([a-z0-9][a-z0-9_-]{0,63})$/i;

/** @throws ApiError 400 with the message of http.md §5.1 */
export function selectModel(request: SelectionRequest, routes: RouteTable): Selection {
  const named = nameOf(request.model, routes);
  const agentId = request.agentHeader?.toLowerCase() ?? named.agentId;
  const agent = Object.hasOwn(routes.agents, agentId) ? routes.agents[agentId] : undefined;
  if (!agent) throw invalid(`Unknown agent '${agentId}'.`);
  const override = overridden(request.modelHeader, agentId, routes) ?? named.model;
  const ref = override ?? agent.model;
  const { provider, model } = splitModelRef(ref);
  const route = routes.providers[provider];
  if (!route) throw new ApiError('internal', { cause: `no provider for model ${ref}` });
  const agentNamed = request.agentHeader !== undefined || named.agentNamed;
  return { agentId, agentNamed, override, provider: route, model };
}

function nameOf(
  model: string | undefined,
  routes: RouteTable,
): { agentId: string; agentNamed: boolean; model: ModelRef | undefined } {
  const agentId = routes.defaultAgentId;
  const agentNamed = false;
  const name = model?.trim();
  if (!name || /^(?:pllan|openclaw)(?:[/:]default)?$/i.test(name))
    return { agentId, agentNamed, model: undefined };
  const form = agentForm.exec(name);
  if (form) {
    const [, first, second = ''] = form;
    return { agentId: (first ?? second).toLowerCase(), agentNamed: true, model: undefined };
  }
  if (isModelRef(name) && routes.allowed.includes(name)) return { agentId, agentNamed, model: name };
  throw invalid('Invalid `model`. Use `pllan` or `pllan/<agentId>`.');
}

function overridden(header: string | undefined, agentId: string, routes: RouteTable): ModelRef | undefined {
  if (header === undefined) return undefined;
  const name = header.trim();
  if (!isModelRef(name)) throw invalid('Invalid `x-pllan-model`.');
  if (!routes.allowed.includes(name)) throw invalid(`Model '${name}' is not allowed for agent '${agentId}'.`);
  return name;
}

function invalid(message: string): ApiError {
  return new ApiError('invalidRequest', { message });
}
