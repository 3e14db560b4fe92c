/** Which model makes the embeddings of a request: its agent's, or the one that it names (http.md §5.1, §6). */
import { splitModelRef, type ModelRef } from '../../../shared/config/model-ref.js';
import { ApiError } from '../../../shared/errors/api-error.js';
import { hasEmbeddings, providerFor, type EmbeddingRoute, type RouteTable } from '../../../shared/routes.js';
import { factsOf, selectAgent, type Selection, type SelectionRequest } from '../model-selection.js';

/** @throws ApiError 400 with the message of http.md §5.1, 500 when nobody makes embeddings for the agent */
export function selectEmbeddingModel(request: SelectionRequest, routes: RouteTable): Selection {
  const configured = Object.values(routes.embeddings);
  const allowed = [...routes.allowed, ...configured.map(({ ref }) => ref)];
  const { agent, agentNamed, override } = selectAgent(request, routes, allowed);
  const own = routes.embeddings[agent.id];
  const chosen =
    override === undefined || own?.ref === override
      ? own
      : (configured.find(({ ref }) => ref === override) ?? routeOf(override));
  if (!chosen)
    throw new ApiError('internal', { cause: `agent ${agent.id} has no memory.search: no embeddings` });
  const provider = providerFor(chosen.provider, agent.id, routes);
  if (!provider) throw new ApiError('internal', { cause: `no provider for model ${chosen.ref}` });
  if (!hasEmbeddings(provider)) {
    throw new ApiError('invalidRequest', {
      message: `Model '${chosen.ref}' makes no embeddings: its provider has no API for them.`,
    });
  }
  const { model } = chosen;
  const candidate = { provider, model, facts: factsOf(provider, model), textOnly: false };
  return { agentId: agent.id, agentNamed, override, provider, model, candidates: [candidate] };
}

function routeOf(ref: ModelRef): EmbeddingRoute {
  return { ref, ...splitModelRef(ref) };
}
