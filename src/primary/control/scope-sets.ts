/** Connections that may do the same share one set of scopes: there may be thousands of idle ones. */
import { scopeSetLimits } from '../../shared/limits.js';

export type ShareScopes = (scopes: ReadonlySet<string>) => ReadonlySet<string>;

export function createScopeSets(): ShareScopes {
  const known = new Map<string, ReadonlySet<string>>();
  return (scopes) => {
    const name = JSON.stringify([...scopes]);
    const shared = known.get(name);
    if (shared) return shared;
    if (known.size < scopeSetLimits.sets && name.length <= scopeSetLimits.chars) known.set(name, scopes);
    return scopes;
  };
}
