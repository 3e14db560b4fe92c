/** The config's models and agents as the route table that threads work with (config.md §8, http.md §5.1). */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { GatewayConfig } from '../../shared/config/load.js';
import {
  ECHO_MODEL,
  ECHO_PROVIDER,
  isModelRef,
  joinModelRef,
  splitModelRef,
  type ModelRef,
} from '../../shared/config/model-ref.js';
import type { ModelChoice, ProviderConfig } from '../../shared/config/structures.js';
import { usableSecret } from '../../shared/auth/secret-sources.js';
import { compactionLimits, responseLimits, upstreamLimits } from '../../shared/limits.js';
import type { Environment } from '../../shared/paths.js';
import type { AgentRoute, ProviderRoute, RouteTable } from '../../shared/routes.js';
import { exitCodes, StartError } from '../start-error.js';

export interface RouteOptions {
  readonly config: GatewayConfig;
  readonly env: Environment;
  /** `--model`: the default model of this run. */
  readonly model: string | undefined;
  readonly version: number;
}

/** Providers that everyone knows, with the key variable and address that their own tools use. */
const wellKnown: Readonly<
  Record<string, { readonly key: string; readonly baseUrl: string; readonly baseUrlVariable: string }>
> = {
  openai: { key: 'OPENAI_API_KEY', baseUrl: 'https://api.openai.com/v1', baseUrlVariable: 'OPENAI_BASE_URL' },
};

/** @throws StartError 78 when a model is named that no provider has */
export function buildRoutes(options: RouteOptions): RouteTable {
  const { config, env } = options;
  const asked = options.model === undefined ? undefined : requireRef(options.model, '--model');
  const providers: Record<string, ProviderRoute> = { [ECHO_PROVIDER]: echoRoute() };
  for (const [id, provider] of config.models.providers) providers[id] = providerRoute(id, provider, env);
  if (asked) addWellKnown(providers, splitModelRef(asked).provider, env);

  const listed = [...config.models.providers].flatMap(([id, { models = [] }]) =>
    models.map((model) => joinModelRef(id, model.id)),
  );
  const defaultModel =
    asked ?? primaryOf(config.agents.defaults.model, 'agents.defaults.model') ?? listed[0] ?? ECHO_MODEL;
  const agents = agentRoutes(config, defaultModel);
  const summaries = primaryOf(config.agents.defaults.compaction.model, 'agents.defaults.compaction.model');
  const named = [asked, ...Object.values(agents).map((agent) => agent.model), summaries].filter(
    (ref) => ref !== undefined,
  );
  const allowlist = [...config.agents.defaults.models.keys()].map((ref) =>
    requireRef(ref, 'agents.defaults.models'),
  );
  const known = unique([...listed, ...allowlist, ...named]);
  for (const ref of known) {
    const { provider } = splitModelRef(ref);
    if (!providers[provider]) addWellKnown(providers, provider, env);
    if (!providers[provider]) throw configError(`model ${ref}: there is no models.providers.${provider}`);
  }
  return {
    version: options.version,
    defaultAgentId: defaultAgent(config),
    agents,
    providers,
    configured: known.filter((ref) => ref !== ECHO_MODEL || config.models.providers.has(ECHO_PROVIDER)),
    allowed: allowlist.length > 0 ? unique([...allowlist, ...named]) : known,
    contextWindows: contextWindows(config),
    textOnly: textOnly(config),
    chatImages: chatImages(config),
    responseImages: responseImages(config),
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

function providerRoute(id: string, provider: ProviderConfig, env: Environment): ProviderRoute {
  const known = wellKnown[id];
  const api = provider.api ?? 'openai-completions';
  const baseUrl = provider.baseUrl ?? known?.baseUrl ?? '';
  if (baseUrl === '' && api !== 'echo') throw configError(`models.providers.${id}.baseUrl is missing`);
  const apiKey = usableSecret(provider.apiKey) ?? (known && usableSecret(env[known.key]));
  if (apiKey !== undefined) requireSendable(`models.providers.${id}.apiKey`, 'authorization', apiKey);
  for (const [name, value] of Object.entries(provider.headers ?? {}))
    requireSendable(`models.providers.${id}.headers.${name}`, name, value);
  return {
    id,
    api,
    baseUrl,
    apiKey: apiKey ?? null,
    authHeader: provider.authHeader ?? true,
    headers: lowerCased(provider.headers ?? {}),
    timeouts: {
      connectMs: provider.timeouts?.connectMs ?? upstreamLimits.connectMs,
      firstByteMs: provider.timeouts?.firstByteMs ?? upstreamLimits.firstByteMs,
      idleMs: provider.timeouts?.idleMs ?? upstreamLimits.idleMs,
    },
  };
}

/** Says so at start, where every request would fail otherwise; never repeats the value. */
function requireSendable(path: string, name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw configError(`${path}: cannot be sent as a header (line break or other illegal character)`);
  }
}

function echoRoute(): ProviderRoute {
  return providerRoute(ECHO_PROVIDER, { api: 'echo' }, {});
}

/** A provider that was asked for by name needs no configuration when everyone knows where it is. */
function addWellKnown(providers: Record<string, ProviderRoute>, id: string, env: Environment): void {
  const known = wellKnown[id];
  if (!known || providers[id]) return;
  if (!env[known.key]) throw configError(`provider ${id} was asked for, but ${known.key} is not set`);
  providers[id] = providerRoute(
    id,
    { api: 'openai-completions', baseUrl: env[known.baseUrlVariable] || known.baseUrl },
    env,
  );
}

function agentRoutes(config: GatewayConfig, defaultModel: ModelRef): Record<string, AgentRoute> {
  const listed = config.agents.list.length > 0 ? config.agents.list : [{ id: 'main' }];
  const agents: Record<string, AgentRoute> = {};
  for (const agent of listed) {
    const id = agent.id.toLowerCase();
    if (agents[id]) throw configError(`agents.list: id '${id}' is there twice`);
    const own = 'model' in agent ? primaryOf(agent.model ?? null, `agents.list ${id} model`) : undefined;
    const name = 'name' in agent ? agent.name : undefined;
    agents[id] = { id, ...(name !== undefined && { name }), model: own ?? defaultModel };
  }
  return agents;
}

function contextWindows(config: GatewayConfig): Record<ModelRef, number> {
  const windows: Record<ModelRef, number> = {};
  for (const [id, { models = [] }] of config.models.providers) {
    for (const { id: model, contextWindow } of models)
      if (contextWindow !== undefined) windows[joinModelRef(id, model)] = contextWindow;
  }
  return windows;
}

function defaultAgent(config: GatewayConfig): string {
  const chosen = config.agents.list.find((agent) => agent.default) ?? config.agents.list[0];
  return chosen?.id.toLowerCase() ?? 'main';
}

function primaryOf(choice: ModelChoice | null, path: string): ModelRef | undefined {
  const name = typeof choice === 'string' ? choice : choice?.primary;
  return name === undefined ? undefined : requireRef(name, path);
}

function requireRef(name: string, path: string): ModelRef {
  if (!isModelRef(name)) throw configError(`${path}: '${name}' is not of the form provider/model`);
  return name;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function unique(refs: readonly ModelRef[]): ModelRef[] {
  return [...new Set(refs)];
}

function configError(message: string): StartError {
  return new StartError(`Config invalid\n- ${message}`, exitCodes.configuration);
}
