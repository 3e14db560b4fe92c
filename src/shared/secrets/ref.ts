/** What stands in a config in the place of a secret (secrets.md §2): where the value is, never the value. */

export const secretSources = ['env', 'file', 'exec'] as const;
export type SecretSource = (typeof secretSources)[number];

export interface SecretRef {
  readonly source: SecretSource;
  /** Alias of the provider; always there once a ref has been read. */
  readonly provider: string;
  readonly id: string;
}

/** The alias of each source for refs that name none. */
export type ProviderDefaults = Readonly<Partial<Record<SecretSource, string>>>;

/** Shown where a secret would be; taken back as a value it would become the secret. */
export const REDACTED = '__PLLAN_REDACTED__';

/** Of a provider nobody named. */
export const DEFAULT_PROVIDER = 'default';

export const aliasPattern = /^[a-z][a-z0-9_-]{0,63}$/;

const variable = /^[A-Z][A-Z0-9_]{0,127}$/;
const shorthand = /^\$(?:\{([A-Z][A-Z0-9_]{0,127})\}|([A-Z][A-Z0-9_]{0,127}))$/;
const execId = /^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,255}$/;
/** RFC 6901: not empty, and `~` only as `~0` or `~1`. */
const pointer = /^(?:\/(?:[^/~]|~[01])*)+$/;
const POINTER_CHARS = 1_024;

/** Id of the one value that a `singleValue` file holds. */
export const SINGLE_VALUE = 'value';

export type ReadRef =
  | { readonly kind: 'ref'; readonly ref: SecretRef }
  /** An ordinary value. */
  | { readonly kind: 'value' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** What a field is that may hold a ref: the ref, an ordinary value, or neither. */
export function readRef(value: unknown, defaults: ProviderDefaults = {}): ReadRef {
  if (typeof value === 'string') return readText(value, defaults);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'value' };
  const { source, provider, id, ...rest } = value as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(rest);
  if (!isSource(source)) return wrong(`source must be one of ${secretSources.join(', ')}`);
  if (unknown !== undefined) return wrong(`unexpected property '${unknown.slice(0, 64)}'`);
  const alias = provider ?? defaultProvider(source, defaults);
  if (typeof alias !== 'string' || !aliasPattern.test(alias))
    return wrong(`provider must match ${aliasPattern}`);
  if (typeof id !== 'string') return wrong("must have required property 'id'");
  const problem = idProblem(source, id);
  return problem === undefined ? { kind: 'ref', ref: { source, provider: alias, id } } : wrong(problem);
}

/** What is wrong with an id of a source; undefined when nothing is. */
export function idProblem(source: SecretSource, id: string): string | undefined {
  switch (source) {
    case 'env':
      return variable.test(id) ? undefined : `id must match ${variable}`;
    case 'file':
      if (id === SINGLE_VALUE || (id.length <= POINTER_CHARS && pointer.test(id))) return undefined;
      return `id must be a JSON pointer such as "/providers/openai", or "${SINGLE_VALUE}"`;
    case 'exec': {
      if (!execId.test(id)) return `id must match ${execId}`;
      const steps = id.split('/').some((part) => part === '.' || part === '..');
      return steps ? 'id must not have "." or ".." between slashes' : undefined;
    }
  }
}

export function defaultProvider(source: SecretSource, defaults: ProviderDefaults): string {
  return defaults[source] ?? DEFAULT_PROVIDER;
}

/** For messages: without the id of a command, which is its own affair. */
export function describeRef({ source, provider, id }: SecretRef): string {
  return source === 'exec' ? `exec provider "${provider}"` : `${source} provider "${provider}", ${id}`;
}

function readText(value: string, defaults: ProviderDefaults): ReadRef {
  if (value === REDACTED) return wrong(`must not be ${REDACTED}, which is shown in the place of a secret`);
  const [, braced, plain] = shorthand.exec(value) ?? [];
  const id = braced ?? plain;
  if (id === undefined) return { kind: 'value' };
  return { kind: 'ref', ref: { source: 'env', provider: defaultProvider('env', defaults), id } };
}

function isSource(value: unknown): value is SecretSource {
  return secretSources.some((source) => source === value);
}

function wrong(problem: string): ReadRef {
  return { kind: 'wrong', problem };
}
