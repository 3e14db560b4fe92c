/**
 * What a thread learns of providers it keeps by their objects: which credentials rest, which models take no tools. So a
 * provider that is the same in another version of the config is the same object, and so is a credential of one that
 * changed in something else.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ProviderRoute, RouteTable } from '../../../shared/routes.js';

/** @returns `next`, with what is the same in `known` taken from there */
export function withKnownProviders(next: RouteTable, known: RouteTable): RouteTable {
  const providers = Object.entries(next.providers).map(([id, provider]) => {
    const before = Object.hasOwn(known.providers, id) ? known.providers[id] : undefined;
    return [id, before ? withKnown(provider, before) : provider] as const;
  });
  return { ...next, providers: Object.fromEntries(providers) };
}

function withKnown(provider: ProviderRoute, before: ProviderRoute): ProviderRoute {
  if (isDeepStrictEqual(provider, before)) return before;
  if (provider.baseUrl !== before.baseUrl) return provider;
  const credentials = provider.credentials.map(
    (one) => before.credentials.find((other) => isDeepStrictEqual(one, other)) ?? one,
  );
  return { ...provider, credentials };
}
