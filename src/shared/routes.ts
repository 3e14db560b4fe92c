/**
 * Which model answers which name: everything a thread needs to run a turn, resolved from one config
 * version (http.md §5.1). Built in the primary, read in workers and their threads, never changed.
 */
import type { EndpointsConfig } from './config/endpoints-schema.js';
import type { ModelRef } from './config/model-ref.js';
import { shareJson, type SharedJson } from './shared-json.js';

export interface ProviderRoute {
  readonly id: string;
  readonly api: 'openai-completions' | 'echo';
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** False: the key is not sent as `Authorization` (config `authHeader`). */
  readonly authHeader: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
}

/**
 * Values of a route that no answer and no log line may show: the key and every header, since a header's name need
 * not tell that it is a secret. A credential is also hidden without the scheme in front of it.
 */
export function routeSecrets({ apiKey, headers }: ProviderRoute): string[] {
  const values = Object.values(headers);
  const credentials = values.flatMap((value) => /^\S+\s+(\S+)$/.exec(value)?.[1] ?? []);
  return [...(apiKey === null ? [] : [apiKey]), ...values, ...credentials];
}

export interface AgentRoute {
  readonly id: string;
  /** As people call it, when the config says. */
  readonly name?: string;
  readonly model: ModelRef;
}

export interface RouteTable {
  readonly version: number;
  readonly defaultAgentId: string;
  readonly agents: Readonly<Record<string, AgentRoute>>;
  readonly providers: Readonly<Record<string, ProviderRoute>>;
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
  readonly turnTimeoutMs: number;
  readonly compaction: {
    /** Of the newest lines, so much stays as it is. */
    readonly keepChars: number;
    /** Null: the session's own. */
    readonly model: ModelRef | null;
  };
}

/** A table as it travels to threads. */
export type SharedRouteTable = SharedJson;

export function shareRoutes(table: RouteTable): SharedRouteTable {
  return shareJson(table);
}
