/** From what a request calls `model` to the agent and backend model that answer (http.md §5.1). */
import { isModelRef, splitModelRef, type ModelRef } from '../../shared/config/model-ref.js';
import { ApiError } from '../../shared/errors/api-error.js';
import {
  providerFor,
  type AgentRoute,
  type ModelFacts,
  type ProviderRoute,
  type RouteTable,
} from '../../shared/routes.js';

export interface SelectionRequest {
  readonly model: string | undefined;
  /** Header `x-pllan-agent-id`. */
  readonly agentHeader: string | undefined;
  /** Header `x-pllan-model`. */
  readonly modelHeader: string | undefined;
}

/** A model that may answer. */
export interface Candidate {
  readonly provider: ProviderRoute;
  /** The provider's own name of the model. */
  readonly model: string;
  readonly facts: ModelFacts;
  /** It takes no images. */
  readonly textOnly: boolean;
}

export interface Selection {
  readonly agentId: string;
  /** The request names the agent; else it is the default one. */
  readonly agentNamed: boolean;
  /** The model that the request names instead of the agent's. */
  readonly override: ModelRef | undefined;
  readonly provider: ProviderRoute;
  readonly model: string;
  /** That one first, then those that are tried when it cannot answer: none for a model that was asked for by name. */
  readonly candidates: readonly Candidate[];
}

const agentForm = /^(?:pllan|openclaw)[/:]([a-z0-9][a-z0-9_-]{0,63})$|^agent:([a-z0-9][a-z0-9_-]{0,63})$/i;

/** @throws ApiError 400 with the message of http.md §5.1 */
export function selectModel(request: SelectionRequest, routes: RouteTable): Selection {
  const { agent, agentNamed, override } = selectAgent(request, routes, routes.allowed);
  const candidates =
    override === undefined ? candidatesOf(agent, routes) : [candidate(override, agent, routes)];
  const { provider, model } = candidates[0] as Candidate;
  return { agentId: agent.id, agentNamed, override, provider, model, candidates };
}

/** @param allowed models that the request may name. @throws ApiError 400 with the message of http.md §5.1 */
export function selectAgent(
  request: SelectionRequest,
  routes: RouteTable,
  allowed: readonly ModelRef[],
): Pick<Selection, 'agentNamed' | 'override'> & { readonly agent: AgentRoute } {
  const named = nameOf(request.model, routes.defaultAgentId, allowed);
  const agentId = request.agentHeader?.toLowerCase() ?? named.agentId;
  const agent = Object.hasOwn(routes.agents, agentId) ? routes.agents[agentId] : undefined;
  if (!agent) throw invalid(`Unknown agent '${agentId}'.`);
  const override = overridden(request.modelHeader, agentId, allowed) ?? named.model;
  return { agent, agentNamed: request.agentHeader !== undefined || named.agentNamed, override };
}

/** The same with other models to try after the first; those that the config does not know any more are left out. */
export function withFallbacks(
  selection: Selection,
  fallbacks: readonly ModelRef[] | undefined,
  routes: RouteTable,
): Selection {
  const agent = routes.agents[selection.agentId];
  if (!fallbacks || !agent) return selection;
  const known = fallbacks.filter((ref) => routes.allowed.includes(ref));
  const candidates = [
    ...selection.candidates.slice(0, 1),
    ...known.map((ref) => candidate(ref, agent, routes)),
  ];
  return { ...selection, candidates };
}

/** Made once per route table, which never changes: every request needs them. */
const knownCandidates = new WeakMap<RouteTable | RouteTable['providers'], Map<ModelRef, Candidate>>();
const knownLists = new WeakMap<AgentRoute, readonly Candidate[]>();
const noFacts: ModelFacts = {};

function candidatesOf(agent: AgentRoute, routes: RouteTable): readonly Candidate[] {
  const known = knownLists.get(agent);
  if (known) return known;
  const made = [agent.model, ...agent.fallbacks].map((ref) => candidate(ref, agent, routes));
  knownLists.set(agent, made);
  return made;
}

function candidate(ref: ModelRef, agent: AgentRoute, routes: RouteTable): Candidate {
  const owner = routes.ownProviders[agent.id] ?? routes;
  let known = knownCandidates.get(owner);
  if (!known) knownCandidates.set(owner, (known = new Map()));
  const found = known.get(ref) ?? makeCandidate(ref, agent, routes);
  known.set(ref, found);
  return found;
}

function makeCandidate(ref: ModelRef, agent: AgentRoute, routes: RouteTable): Candidate {
  const { provider, model } = splitModelRef(ref);
  const route = providerFor(provider, agent.id, routes);
  if (!route) throw new ApiError('internal', { cause: `no provider for model ${ref}` });
  return { provider: route, model, facts: factsOf(route, model), textOnly: routes.textOnly.includes(ref) };
}

export function factsOf({ models }: ProviderRoute, model: string): ModelFacts {
  return (Object.hasOwn(models, model) ? models[model] : undefined) ?? noFacts;
}

function nameOf(
  model: string | undefined,
  agentId: string,
  allowed: readonly ModelRef[],
): { agentId: string; agentNamed: boolean; model: ModelRef | undefined } {
  const agentNamed = false;
  const name = model?.trim();
  if (!name || /^(?:pllan|openclaw)(?:[/:]default)?$/i.test(name))
    return { agentId, agentNamed, model: undefined };
  const form = agentForm.exec(name);
  if (form) {
    const [, first, second = ''] = form;
    return { agentId: (first ?? second).toLowerCase(), agentNamed: true, model: undefined };
  }
  if (isModelRef(name) && allowed.includes(name)) return { agentId, agentNamed, model: name };
  throw invalid('Invalid `model`. Use `pllan` or `pllan/<agentId>`.');
}

function overridden(
  header: string | undefined,
  agentId: string,
  allowed: readonly ModelRef[],
): ModelRef | undefined {
  if (header === undefined) return undefined;
  const name = header.trim();
  if (!isModelRef(name)) throw invalid('Invalid `x-pllan-model`.');
  if (!allowed.includes(name)) throw invalid(`Model '${name}' is not allowed for agent '${agentId}'.`);
  return name;
}

function invalid(message: string): ApiError {
  return new ApiError('invalidRequest', { message });
}
