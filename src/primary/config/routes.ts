/** The config's models and agents as the route table that threads work with (config.md §8, http.md §5.1). */
import { defaultAgent } from '../../shared/config/agents.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import {
  ECHO_MODEL,
  ECHO_PROVIDER,
  isModelRef,
  joinModelRef,
  splitModelRef,
  type ModelRef,
} from '../../shared/config/model-ref.js';
import type { ModelChoice, ModelEntry, ProviderConfig } from '../../shared/config/structures.js';
import { usableSecret } from '../../shared/auth/secret-sources.js';
import { responseLimits } from '../../shared/limits.js';
import { compactionLimits } from '../../shared/session-limits.js';
import { upstreamLimits } from '../../shared/upstream/limits.js';
import type { Environment } from '../../shared/paths.js';
import type { AgentRoute, ModelFacts, ProviderRoute, RouteTable } from '../../shared/routes.js';
import { configError } from '../start-error.js';
import { credentialsOf, profilesFor, requireSendable } from './credentials.js';
import { wellKnown } from './well-known.js';
import { embeddingRoutes } from './embedding-routes.js';

export interface RouteOptions {
  readonly config: GatewayConfig;
  readonly env: Environment;
  /** `--model`: the default model of this run. */
  readonly model: string | undefined;
  readonly version: number;
}

/** @throws {@link StartError} 78 when a model is named that no provider has */
export function buildRoutes(options: RouteOptions): RouteTable {
  const { config } = options;
  const asked = options.model === undefined ? undefined : requireRef(options.model, '--model');
  const providers: Record<string, ProviderRoute> = { [ECHO_PROVIDER]: echoRoute(config) };
  for (const [id, provider] of config.models.providers) providers[id] = providerRoute(id, provider, options);
  if (asked) addWellKnown(providers, splitModelRef(asked).provider, options);

  const listed = [...config.models.providers].flatMap(([id, { models = [] }]) =>
    models.map((model) => joinModelRef(id, model.id)),
  );
  const defaultModel =
    asked ?? primaryOf(config.agents.defaults.model, 'agents.defaults.model') ?? listed[0] ?? ECHO_MODEL;
  // Whoever names a model at start wants that one and no other.
  const fallbacks = asked ? [] : fallbacksOf(config.agents.defaults.model, 'agents.defaults.model');
  const agents = agentRoutes(config, defaultModel, fallbacks ?? []);
  const summaries = primaryOf(config.agents.defaults.compaction.model, 'agents.defaults.compaction.model');
  const named = [
    asked,
    ...Object.values(agents).flatMap((agent) => [agent.model, ...agent.fallbacks]),
    summaries,
  ].filter((ref) => ref !== undefined);
  const allowlist = [...config.agents.defaults.models.keys()].map((ref) =>
    requireRef(ref, 'agents.defaults.models'),
  );
  const known = unique([...listed, ...allowlist, ...named]);
  for (const ref of known) {
    const { provider } = splitModelRef(ref);
    if (!providers[provider]) addWellKnown(providers, provider, options);
    if (!providers[provider]) throw configError(`model ${ref}: there is no models.providers.${provider}`);
  }
  const embeddings = embeddingRoutes(config, Object.keys(agents), {
    all: providers,
    addWellKnown: (id) => addWellKnown(providers, id, options),
    open: (id, provider) => providerRoute(id, provider, options),
  });
  return {
    version: options.version,
    defaultAgentId: defaultAgent(config.agents.list),
    agents,
    providers,
    ownProviders: ownProviders(Object.keys(agents), providers, options),
    embeddings,
    configured: known.filter((ref) => ref !== ECHO_MODEL || config.models.providers.has(ECHO_PROVIDER)),
    allowed: allowlist.length > 0 ? unique([...allowlist, ...named]) : known,
    contextWindows: contextWindows(config),
    textOnly: textOnly(config),
    chatImages: chatImages(config),
    responseImages: responseImages(config),
    responseFiles: config.gateway.http.endpoints.responses.files,
    turnTimeoutMs: config.agents.defaults.timeoutSeconds * 1000,
    compaction: {
      keepChars: config.agents.defaults.compaction.keepRecentTokens * compactionLimits.charsPerToken,
      model: summaries ?? null,
    },
  };
}

function chatImages({ gateway }: GatewayConfig): RouteTable['chatImages'] {
  const { maxImageParts, maxTotalImageBytes, images } = gateway.http.endpoints.chatCompletions;
  return { maxImageParts, maxTotalImageBytes, images };
}

function responseImages({ gateway }: GatewayConfig): RouteTable['responseImages'] {
  const { maxUrlParts, images } = gateway.http.endpoints.responses;
  const { imageParts: maxImageParts, totalImageBytes: maxTotalImageBytes } = responseLimits;
  return { maxUrlParts, maxImageParts, maxTotalImageBytes, images };
}

/** A model of which the config says nothing else takes text alone; one that it does not list may take anything. */
function textOnly({ models }: GatewayConfig): ModelRef[] {
  return [...models.providers].flatMap(([id, { api, models: entries = [] }]) =>
    api === 'echo'
      ? []
      : entries
          .filter(({ input = ['text'] }) => !input.includes('image'))
          .map((model) => joinModelRef(id, model.id)),
  );
}

/** Provider keys in the environment that nothing uses: worth a word at start, so that nobody wonders. */
export function unusedKeys(routes: RouteTable, env: Environment): string[] {
  return Object.entries(wellKnown)
    .filter(([id, { key }]) => env[key] && !routes.providers[id])
    .map(([, { key }]) => key);
}

function providerRoute(id: string, provider: ProviderConfig, { config, env }: RouteOptions): ProviderRoute {
  const known = wellKnown[id];
  const api = provider.api ?? known?.api ?? 'openai-completions';
  const baseUrl = provider.baseUrl ?? known?.baseUrl ?? '';
  if (baseUrl === '' && api !== 'echo') throw configError(`models.providers.${id}.baseUrl is missing`);
  for (const [name, value] of Object.entries(provider.headers ?? {}))
    requireSendable(`models.providers.${id}.headers.${name}`, name, value);
  return {
    id,
    api,
    baseUrl,
    credentials: credentialsOf(
      id,
      provider,
      profilesFor(defaultAgent(config.agents.list), defaultAgent(config.agents.list), config.auth),
      known && usableSecret(env[known.key]),
    ),
    authHeader: provider.authHeader ?? true,
    headers: lowerCased(provider.headers ?? {}),
    models: Object.fromEntries((provider.models ?? []).map((model) => [model.id, factsOf(model)])),
    timeouts: {
      connectMs: provider.timeouts?.connectMs ?? upstreamLimits.connectMs,
      firstByteMs: provider.timeouts?.firstByteMs ?? upstreamLimits.firstByteMs,
      idleMs: provider.timeouts?.idleMs ?? upstreamLimits.idleMs,
    },
    cooldowns: config.auth.cooldowns,
  };
}

function factsOf({ maxTokens, reasoning, cost, compat }: ModelEntry): ModelFacts {
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(reasoning !== undefined && { reasoning }),
    ...(cost !== undefined && { cost }),
    ...(compat !== undefined && { compat }),
  };
}

function echoRoute(config: GatewayConfig): ProviderRoute {
  return providerRoute(ECHO_PROVIDER, { api: 'echo' }, { config, env: {}, model: undefined, version: 0 });
}

/** A provider that was asked for by name needs no configuration when everyone knows where it is. */
function addWellKnown(providers: Record<string, ProviderRoute>, id: string, options: RouteOptions): void {
  const known = wellKnown[id];
  if (!known || providers[id]) return;
  const { env } = options;
  const route = providerRoute(id, { baseUrl: env[known.baseUrlVariable] || known.baseUrl }, options);
  if (route.credentials.every(({ secret }) => secret === null))
    throw configError(`provider ${id} was asked for, but ${known.key} is not set`);
  providers[id] = route;
}

/** An agent that names no fallbacks, not even none of them, has those of all agents. */
function agentRoutes(
  config: GatewayConfig,
  defaultModel: ModelRef,
  defaultFallbacks: readonly ModelRef[],
): Record<string, AgentRoute> {
  const listed = config.agents.list.length > 0 ? config.agents.list : [{ id: 'main' }];
  const agents: Record<string, AgentRoute> = {};
  for (const agent of listed) {
    const id = agent.id.toLowerCase();
    const choice = ('model' in agent ? agent.model : undefined) ?? null;
    const path = `agents.list ${id} model`;
    const model = primaryOf(choice, path) ?? defaultModel;
    const fallbacks = unique(fallbacksOf(choice, path) ?? defaultFallbacks).filter((ref) => ref !== model);
    const name = 'name' in agent ? agent.name : undefined;
    const own = 'thinkingDefault' in agent ? agent.thinkingDefault : undefined;
    const thinking = own ?? config.agents.defaults.thinkingDefault ?? undefined;
    agents[id] = {
      id,
      ...(name !== undefined && { name }),
      model,
      fallbacks,
      ...(thinking !== undefined && { thinking }),
    };
  }
  return agents;
}

/** An agent that has auth profiles of its own asks their providers with them. */
function ownProviders(
  agentIds: readonly string[],
  providers: RouteTable['providers'],
  { config, env }: RouteOptions,
): Record<string, RouteTable['providers']> {
  const forAll = defaultAgent(config.agents.list);
  const found = agentIds.map((agentId) => {
    const profiles = agentId === forAll ? undefined : config.auth.agentProfiles.get(agentId);
    const ids = unique([...(profiles?.values() ?? [])].map(({ provider }) => provider));
    const own = ids.flatMap((id) => {
      const shared = Object.hasOwn(providers, id) ? providers[id] : undefined;
      if (!shared) return [];
      const known = wellKnown[id];
      const credentials = credentialsOf(
        id,
        config.models.providers.get(id) ?? {},
        profilesFor(agentId, forAll, config.auth),
        known && usableSecret(env[known.key]),
      );
      return [[id, { ...shared, credentials }] as const];
    });
    return [agentId, Object.fromEntries(own)] as const;
  });
  return Object.fromEntries(found.filter(([, own]) => Object.keys(own).length > 0));
}

function contextWindows(config: GatewayConfig): Record<ModelRef, number> {
  const windows: Record<ModelRef, number> = {};
  for (const [id, { models = [] }] of config.models.providers) {
    for (const { id: model, contextWindow } of models)
      if (contextWindow !== undefined) windows[joinModelRef(id, model)] = contextWindow;
  }
  return windows;
}

function primaryOf(choice: ModelChoice | null, path: string): ModelRef | undefined {
  const name = typeof choice === 'string' ? choice : choice?.primary;
  return name === undefined ? undefined : requireRef(name, path);
}

/** Undefined where nothing is said of them. */
function fallbacksOf(choice: ModelChoice | null, path: string): ModelRef[] | undefined {
  if (choice === null || typeof choice === 'string') return undefined;
  return choice.fallbacks?.map((name) => requireRef(name, `${path}.fallbacks`));
}

function requireRef(name: string, path: string): ModelRef {
  if (!isModelRef(name)) throw configError(`${path}: '${name}' is not of the form provider/model`);
  return name;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function unique<T extends string>(refs: readonly T[]): T[] {
  return [...new Set(refs)];
}
