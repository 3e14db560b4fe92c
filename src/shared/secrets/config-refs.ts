/**
 * Refs in a config document (secrets.md §2, §4): found and cut out before variables are put in, since `"${NAME}"` on a
 * credential field is a ref and not text; put back as values when they are known.
 */
import { formatPath, type ConfigPath } from '../config/path.js';
import { secretLimits } from './limits.js';
import { readRef, type ProviderDefaults, type SecretRef } from './ref.js';
import { configPath, placesOf, secretTargets, type SecretTarget } from './targets.js';

/** A ref and where it stands. */
export interface PlacedRef {
  readonly path: string;
  readonly segments: readonly string[];
  readonly target: SecretTarget;
  /** The provider, server or channel that it is for; empty where there is only one. */
  readonly ownerId: string;
  readonly ref: SecretRef;
}

export interface FoundRefs {
  readonly refs: readonly PlacedRef[];
  readonly problems: readonly { readonly at: ConfigPath; readonly message: string }[];
}

export function findRefs(document: unknown): FoundRefs {
  const defaults = defaultsOf(document);
  const refs: PlacedRef[] = [];
  const problems: { at: ConfigPath; message: string }[] = [];
  for (const target of secretTargets) {
    for (const { segments, value } of placesOf(target, document)) {
      const at = configPath(segments, target.shape);
      const read = readRef(value, defaults);
      if (read.kind === 'wrong') problems.push({ at, message: read.problem });
      if (read.kind !== 'ref') continue;
      const ownerId = target.ownerAt === undefined ? '' : (segments[target.ownerAt] ?? '');
      refs.push({ path: formatPath(at), segments, target, ownerId, ref: read.ref });
    }
  }
  if (refs.length > secretLimits.refs)
    problems.push({ at: [], message: `has more than ${secretLimits.refs} SecretRefs` });
  return { refs, problems };
}

/** A copy in which each of these places holds what `value` gives; nothing where that is undefined. */
export function withValues(
  document: unknown,
  refs: readonly PlacedRef[],
  value: (ref: PlacedRef) => string | undefined,
): unknown {
  const copy = structuredClone(document);
  for (const ref of refs) {
    const parent = ref.segments.slice(0, -1).reduce<unknown>(childOf, copy);
    if (typeof parent !== 'object' || parent === null) continue;
    const last = ref.segments.at(-1) ?? '';
    const known = value(ref);
    if (known === undefined) delete (parent as Record<string, unknown>)[last];
    else (parent as Record<string, unknown>)[last] = known;
  }
  return copy;
}

/** What stands at segments of a document. */
export function valueAt(document: unknown, segments: readonly string[]): unknown {
  return segments.reduce<unknown>(childOf, document);
}

function childOf(parent: unknown, key: string): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return undefined;
  return (parent as Readonly<Record<string, unknown>>)[key];
}

/** Before the document has been checked: what is not as it should be counts as not given, and is told elsewhere. */
function defaultsOf(document: unknown): ProviderDefaults {
  const defaults = valueAt(document, ['secrets', 'defaults']);
  if (typeof defaults !== 'object' || defaults === null) return {};
  return Object.fromEntries(Object.entries(defaults).filter(([, alias]) => typeof alias === 'string'));
}
