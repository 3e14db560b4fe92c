/** `memory.search` as the routes that requests for embeddings take, one for each agent (config.md §8, http.md §6). */
import type { GatewayConfig } from '../../shared/config/load.js';
import { isModelRef, splitModelRef } from '../../shared/config/model-ref.js';
import type { MemoryConfig, ProviderConfig } from '../../shared/config/structures.js';
import { hasEmbeddings, type EmbeddingRoute, type ProviderRoute } from '../../shared/routes.js';
import { configError } from '../start-error.js';

type Search = NonNullable<MemoryConfig['search']>;

/** What is asked for where the config names a provider and no model. */
const usualModels: Readonly<Record<string, string>> = { openai: 'text-embedding-3-small' };

/** Of an address that has no provider's name. */
const UNNAMED = 'remote';

export interface Providers {
  readonly all: Record<string, ProviderRoute>;
  /** Adds one that everyone knows, where it has a key. */
  addWellKnown(id: string): void;
  open(id: string, provider: ProviderConfig): ProviderRoute;
}

/** Adds to `providers` those that only make embeddings. @throws StartError 78 for a provider that is not there */
export function embeddingRoutes(
  config: GatewayConfig,
  agentIds: readonly string[],
  providers: Providers,
): Record<string, EmbeddingRoute> {
  const routes: Record<string, EmbeddingRoute> = {};
  for (const id of agentIds) {
    const own = config.agents.list.find((agent) => agent.id.toLowerCase() === id)?.memory?.search;
    const path = own ? `agents.list ${id} memory.search` : 'memory.search';
    const route = routeOf(merged(config.memory.search ?? {}, own ?? {}), path, config, providers);
    if (route) routes[id] = route;
  }
  return routes;
}

/** An agent with a provider of its own has nothing of the others' model and address. */
function merged(all: Search, own: Search): Search {
  if (own.provider !== undefined && own.provider !== all.provider) return own;
  return { ...all, ...own, remote: { ...all.remote, ...own.remote } };
}

function routeOf(
  { provider, model, remote = {} }: Search,
  path: string,
  { models }: GatewayConfig,
  providers: Providers,
): EmbeddingRoute | undefined {
  const isRemote = remote.baseUrl !== undefined;
  if (provider === undefined && model === undefined && !isRemote) return undefined;
  const named = provider === undefined && !isRemote && model !== undefined ? refOf(model, path) : undefined;
  const id = named?.provider ?? provider ?? UNNAMED;
  const name = named?.model ?? model ?? usualModels[id];
  if (name === undefined) throw configError(`${path}.model is missing`);
  const ref = `${id}/${name}`;
  if (!isModelRef(ref)) throw configError(`${path}: '${ref}' is not of the form provider/model`);
  if (!isRemote && remote.apiKey === undefined) {
    providers.addWellKnown(id);
    if (!providers.all[id]) throw configError(`${path}: there is no models.providers.${id}`);
    return requireEmbeddings({ ref, provider: id, model: name }, path, providers);
  }
  // A name that no model can have: requests for completions never come here.
  const key = `${id} (${path})`;
  const { baseUrl, apiKey } = remote;
  providers.all[key] ??= providers.open(id, {
    ...models.providers.get(id),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(apiKey !== undefined && { apiKey }),
  });
  return requireEmbeddings({ ref, provider: key, model: name }, path, providers);
}

function requireEmbeddings(route: EmbeddingRoute, path: string, { all }: Providers): EmbeddingRoute {
  const provider = all[route.provider];
  if (provider && hasEmbeddings(provider)) return route;
  throw configError(`${path}: models.providers.${provider?.id} has no API for embeddings`);
}

function refOf(model: string, path: string): { readonly provider: string; readonly model: string } {
  if (!isModelRef(model)) throw configError(`${path}.provider is missing`);
  return splitModelRef(model);
}
