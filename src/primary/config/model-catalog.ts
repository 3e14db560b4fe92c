/** The models of the config, as people choose among them (methods.md §5, `models.list`). */
import type { GatewayConfig } from '../../shared/config/load.js';
import { joinModelRef, splitModelRef, type ModelRef } from '../../shared/config/model-ref.js';
import type { RouteTable } from '../../shared/routes.js';

export type ModelView = 'default' | 'configured' | 'all' | 'provider-config';

export interface CatalogModel {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly alias?: string;
  readonly contextWindow?: number;
  readonly reasoning?: boolean;
  readonly input?: readonly string[];
}

export interface ModelCatalog {
  /** Sorted by provider, then name. */
  list(view: ModelView, provider: string | undefined): readonly CatalogModel[];
}

export function createModelCatalog(config: GatewayConfig, routes: RouteTable): ModelCatalog {
  const entries = new Map(
    [...config.models.providers].flatMap(([provider, { models = [] }]) =>
      models.map((model) => [joinModelRef(provider, model.id), model] as const),
    ),
  );
  const describe = (ref: ModelRef): CatalogModel => {
    const { provider, model: id } = splitModelRef(ref);
    const { name = id, contextWindow, reasoning, input } = entries.get(ref) ?? {};
    const alias = config.agents.defaults.models.get(ref)?.alias;
    return {
      id,
      name,
      provider,
      ...(alias === undefined ? {} : { alias }),
      ...(contextWindow === undefined ? {} : { contextWindow }),
      ...(reasoning === undefined ? {} : { reasoning }),
      ...(input === undefined ? {} : { input }),
    };
  };
  const refsOf = (view: ModelView): readonly ModelRef[] => {
    if (view === 'default') return routes.allowed;
    if (view === 'all') return [...new Set([...routes.allowed, ...routes.configured])];
    return routes.configured;
  };
  return {
    list: (view, provider) =>
      refsOf(view)
        .map(describe)
        .filter((model) => provider === undefined || model.provider === provider)
        .toSorted((a, b) => a.provider.localeCompare(b.provider) || a.name.localeCompare(b.name)),
  };
}
