/**
 * Resolves a set of refs in one pass (secrets.md §3, §6): each provider is read once for all its refs, a few of them at
 * one time. Nothing is kept, and nothing is put in the place of what fails.
 */
import type { SecretProviderConfig, SecretsConfig } from '../config/secrets-schema.js';
import { secretLimits } from './limits.js';
import type { Environment } from '../paths.js';
import { unreachable } from '../unreachable.js';
import type { PlacedRef } from './config-refs.js';
import { readVariable } from './env-provider.js';
import { askCommand } from './exec-provider.js';
import { SecretFailure, type ReadId, type RefFailure } from './failure.js';
import { openSecretFile } from './file-provider.js';
import { defaultProvider, type SecretRef } from './ref.js';

export interface ResolveOptions {
  readonly secrets: SecretsConfig;
  readonly env: Environment;
  /** What `~` means. */
  readonly home: string;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

export interface Resolution {
  /** By path in the config. */
  readonly values: ReadonlyMap<string, string>;
  readonly failures: readonly RefFailure[];
}

/** Where a value goes, as far as resolving it needs to know. */
export type ResolvableRef = Pick<PlacedRef, 'path' | 'ref'> & {
  readonly target: Pick<PlacedRef['target'], 'anyText'>;
};

/** Those that need nothing but the environment, at once; the other refs are left out. */
export function resolveVariables(
  refs: readonly ResolvableRef[],
  { secrets, env }: Pick<ResolveOptions, 'secrets' | 'env'>,
): Resolution {
  return readAll(
    refs.filter(({ ref }) => ref.source === 'env'),
    ({ ref }) => {
      const provider = providerOf(ref, secrets);
      if (provider.source !== 'env') throw new SecretFailure('UNKNOWN_PROVIDER', 'no env provider');
      return readVariable(ref.id, provider, env);
    },
  );
}

/** Never rejects: what goes wrong is a failure of the refs that it hits. */
export async function resolveRefs(
  refs: readonly ResolvableRef[],
  options: ResolveOptions,
): Promise<Resolution> {
  const byProvider = new Map<string, ResolvableRef[]>();
  for (const one of refs) {
    const key = `${one.ref.source}:${one.ref.provider}`;
    byProvider.set(key, [...(byProvider.get(key) ?? []), one]);
  }
  const outcomes = await withConcurrency(
    [...byProvider.values()],
    options.secrets.resolution.maxProviderConcurrency,
    (group) => resolveGroup(group, options),
  );
  return {
    values: new Map(outcomes.flatMap(({ values }) => [...values])),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

async function resolveGroup(group: readonly ResolvableRef[], options: ResolveOptions): Promise<Resolution> {
  const opened = await openProvider(group, options).catch((caught: unknown): ReadId => () => {
    throw caught;
  });
  return readAll(group, ({ ref }) => opened(ref.id));
}

function readAll(refs: readonly ResolvableRef[], read: (one: ResolvableRef) => string): Resolution {
  const values = new Map<string, string>();
  const failures: RefFailure[] = [];
  for (const one of refs) {
    const { path, ref, target } = one;
    try {
      values.set(path, usable(read(one), target.anyText));
    } catch (caught) {
      // Anything else is a fault of ours, whose text nobody has looked at.
      const { code, message } =
        caught instanceof SecretFailure ? caught : new SecretFailure('UNAVAILABLE', 'the provider failed');
      failures.push({ path, ref, code, message });
    }
  }
  return { values, failures };
}

/** @throws SecretFailure */
async function openProvider(group: readonly ResolvableRef[], options: ResolveOptions): Promise<ReadId> {
  const { secrets, env, home, signal } = options;
  const [{ ref }] = group as readonly [ResolvableRef];
  const { maxRefsPerProvider, maxBatchBytes } = secrets.resolution;
  const ids = [...new Set(group.map((one) => one.ref.id))];
  if (ids.length > maxRefsPerProvider)
    throw new SecretFailure('TOO_LARGE', `more than ${maxRefsPerProvider} refs of one provider`);
  const provider = providerOf(ref, secrets);
  switch (provider.source) {
    case 'env':
      return (id) => readVariable(id, provider, env);
    case 'file':
      return openSecretFile(provider, home, signal);
    case 'exec':
      return askCommand(provider, { alias: ref.provider, ids, maxBatchBytes, env, signal });
    default:
      return unreachable(provider);
  }
}

/** What an alias means. The `env` provider of the defaults is there without being declared. @throws SecretFailure */
export function providerOf(
  { source, provider }: SecretRef,
  { providers, defaults }: SecretsConfig,
): SecretProviderConfig {
  const declared = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  if (declared?.source === source) return declared;
  if (declared)
    throw new SecretFailure(
      'UNKNOWN_PROVIDER',
      `secrets.providers.${provider} has another source, ${declared.source}`,
    );
  if (source === 'env' && provider === defaultProvider('env', defaults)) return { source: 'env' };
  throw new SecretFailure('UNKNOWN_PROVIDER', `there is no secrets.providers.${provider}`);
}

function usable(value: string, anyText: boolean): string {
  if (Buffer.byteLength(value) > secretLimits.valueBytes)
    throw new SecretFailure('INVALID_VALUE', `the value has more than ${secretLimits.valueBytes} bytes`);
  if (!anyText && value.trim() === '') throw new SecretFailure('INVALID_VALUE', 'the value is empty');
  return value;
}

async function withConcurrency<T, R>(
  tasks: readonly T[],
  most: number,
  run: (task: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = tasks.entries();
  const work = async (): Promise<void> => {
    for (const [index, task] of waiting) results[index] = await run(task);
  };
  await Promise.all(Array.from({ length: Math.min(most, tasks.length) }, work));
  return results;
}
