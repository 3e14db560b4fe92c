/** Models that turned out to take no tools. */
import type { ProviderRoute } from '../../../shared/routes.js';
import type { Candidate } from '../model-selection.js';

type Model = Pick<Candidate, 'provider' | 'model'>;

export interface Toolless {
  has(model: Model): boolean;
  add(model: Model): void;
}

export function createToolless(): Toolless {
  const known = new WeakMap<ProviderRoute, Set<string>>();
  return {
    has: ({ provider, model }) => known.get(provider)?.has(model) === true,
    add({ provider, model }) {
      known.set(provider, (known.get(provider) ?? new Set()).add(model));
    },
  };
}
