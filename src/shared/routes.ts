/**
 * Which model answers which name: everything a thread needs to run a turn, resolved from one config
 * version (http.md §5.1). Built in the primary, read in workers and their threads, never changed.
 */
import type { EndpointsConfig } from './config/endpoints-schema.js';
import type { ModelRef } from './config/model-ref.js';
import { urlSecrets } from './config/redact/sensitive.js';
import { shareJson, type SharedJson } from './shared-json.js';
import type { ThinkingLevel } from './thinking.js';
import type { Prices } from './usage.js';

export const providerApis = ['openai-completions', 'openai-responses', 'anthropic-messages', 'echo'] as const;
export type ProviderApi = (typeof providerApis)[number];

export interface ProviderRoute {
  readonly id: string;
  readonly api: ProviderApi;
  readonly baseUrl: string;
  /** In the order in which they are tried; never empty: a provider that needs none has one without a secret. */
  readonly credentials: readonly Credential[];
  /** False: no credential is sent (config `authHeader`). */
  readonly authHeader: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** What the config says of its models, by their own names. */
  readonly models: Readonly<Record<string, ModelFacts>>;
  readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
  readonly cooldowns: CooldownTimes;
}

export interface Credential {
  /** Id of its auth profile, or `default`. */
  readonly id: string;
  readonly secret: string | null;
  /** How it is sent where an API knows both. */
  readonly kind: 'api-key' | 'token';
}

export interface ModelFacts {
  readonly maxTokens?: number;
  /** It reasons before it answers, and can be told how much. */
  readonly reasoning?: boolean;
  readonly cost?: Prices;
  readonly compat?: ModelCompat;
}

/** Where a model or its server differs from what its API promises (docs/providers.md). */
export interface ModelCompat {
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  readonly supportsUsageInStreaming?: boolean;
  readonly supportsReasoningEffort?: boolean;
  readonly supportsReasoningSummary?: boolean;
  readonly supportsStrictMode?: boolean;
  readonly supportsTools?: boolean;
  readonly requiresStringContent?: boolean;
  /** `adaptive`; others are Anthropic's older form, or of other programs. */
  readonly thinkingFormat?: string;
  readonly promptCaching?: boolean;
}

/** How long a credential that was refused is left alone: at first, five times as long each time after, and at most. */
export interface CooldownTimes {
  readonly firstMs: number;
  readonly maxMs: number;
  /** When it was refused as such, and not for a limit or a load. */
  readonly authFirstMs: number;
  readonly authMaxMs: number;
}

/**
 * Values of a route that no answer and no log line may show: its keys and every header, since a header's name need
 * not tell that it is a secret. A credential is also hidden without the scheme in front of it.
 */
export function routeSecrets({ baseUrl, credentials, headers }: ProviderRoute): string[] {
  const values = Object.values(headers);
  const bare = values.flatMap((value) => /^\S+\s+(\S+)$/.exec(value)?.[1] ?? []);
  return [...credentials.flatMap(({ secret }) => secret ?? []), ...values, ...bare, ...urlSecrets(baseUrl)];
}

export interface AgentRoute {
  readonly id: string;
  /** As people call it, when the config says. */
  readonly name?: string;
  readonly model: ModelRef;
  /** Tried in order when that one cannot answer. */
  readonly fallbacks: readonly ModelRef[];
  /** How much it thinks where nobody says otherwise. */
  readonly thinking?: ThinkingLevel;
}

/** Whether its API comes with one for embeddings. */
export function hasEmbeddings({ api }: ProviderRoute): boolean {
  return api === 'openai-completions' || api === 'openai-responses';
}

/** Who makes the embeddings of an agent (http.md §6). */
export interface EmbeddingRoute {
  /** As requests name it. */
  readonly ref: ModelRef;
  /** Key in `providers`. */
  readonly provider: string;
  /** The provider's own name of the model. */
  readonly model: string;
}

export interface RouteTable {
  readonly version: number;
  readonly defaultAgentId: string;
  readonly agents: Readonly<Record<string, AgentRoute>>;
  readonly providers: Readonly<Record<string, ProviderRoute>>;
  /** By agent, in the place of those: the same providers, asked with credentials of its own. */
  readonly ownProviders: Readonly<Record<string, RouteTable['providers']>>;
  /** By agent; one that is not there has no embeddings. */
  readonly embeddings: Readonly<Record<string, EmbeddingRoute>>;
  /** Models that the configuration names, in its order: what `/v1/models` lists. */
  readonly configured: readonly ModelRef[];
  /** Models that a request may name. */
  readonly allowed: readonly ModelRef[];
  /** Tokens that a model can have before it, where the config says. */
  readonly contextWindows: Readonly<Record<ModelRef, number>>;
  /** Models that take no images. */
  readonly textOnly: readonly ModelRef[];
  /** Images in chat completions. */
  readonly chatImages: Pick<
    EndpointsConfig['chatCompletions'],
    'maxImageParts' | 'maxTotalImageBytes' | 'images'
  >;
  /** Images in requests to `/v1/responses`. */
  readonly responseImages: RouteTable['chatImages'] & Pick<EndpointsConfig['responses'], 'maxUrlParts'>;
  /** Files in requests to `/v1/responses`. */
  readonly responseFiles: EndpointsConfig['responses']['files'];
  readonly turnTimeoutMs: number;
  readonly compaction: {
    /** Of the newest lines, so much stays as it is. */
    readonly keepChars: number;
    /** Null: the session's own. */
    readonly model: ModelRef | null;
  };
}

/** Of all its providers. */
export function tableSecrets({ providers, ownProviders }: RouteTable): string[] {
  return [providers, ...Object.values(ownProviders)]
    .flatMap(Object.values<ProviderRoute>)
    .flatMap(routeSecrets);
}

/** As an agent is to ask it; undefined where there is no such provider. */
export function providerFor(
  id: string,
  agentId: string,
  { providers, ownProviders }: RouteTable,
): ProviderRoute | undefined {
  const own = ownProviders[agentId];
  if (own && Object.hasOwn(own, id)) return own[id];
  return Object.hasOwn(providers, id) ? providers[id] : undefined;
}

/** A table as it travels to threads. */
export type SharedRouteTable = SharedJson;

export function shareRoutes(table: RouteTable): SharedRouteTable {
  return shareJson(table);
}
