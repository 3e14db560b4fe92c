/** One pass from a config to one whose refs have values, or to why there can be none (secrets.md §5, §6). */
import type { GatewayConfig } from '../../shared/config/load.js';
import { SecretsUnavailable } from '../../shared/secrets/failure.js';
import { resolveRefs, type Resolution } from '../../shared/secrets/resolve.js';
import type { JudgedRef } from '../../shared/secrets/surfaces.js';
import { withSecrets } from '../../shared/secrets/with-secrets.js';
import type { RunningConfig } from '../config/running-config.js';

export interface SecretWarning {
  readonly code: 'SECRETS_REF_IGNORED_INACTIVE_SURFACE';
  readonly path: string;
  readonly message: string;
}

/** The outcome: immutable, and one with its config. */
export interface Activation {
  readonly config: GatewayConfig;
  readonly refs: readonly JudgedRef[];
  /** Of the active refs, by path. */
  readonly values: ReadonlyMap<string, string>;
  readonly warnings: readonly SecretWarning[];
}

export interface ActivationOptions {
  /** What `~` means. */
  readonly home: string;
  readonly signal: AbortSignal;
}

/** @throws SecretsUnavailable when a ref that is needed has no value */
export async function activateSecrets(
  source: RunningConfig,
  options: ActivationOptions,
): Promise<Activation> {
  const { config, refs } = source;
  const needed = refs.filter(({ active }) => active);
  const { values, failures } = await resolveSecrets(needed, source, options);
  if (failures.length > 0) throw new SecretsUnavailable(failures);
  return {
    config: withSecrets(config, refs, values),
    refs,
    values,
    warnings: refs.filter(({ active }) => !active).map(inactive),
  };
}

export function resolveSecrets(
  refs: readonly JudgedRef[],
  { config, env }: Pick<RunningConfig, 'config' | 'env'>,
  { home, signal }: ActivationOptions,
): Promise<Resolution> {
  return resolveRefs(refs, { secrets: config.secrets, env, home, signal });
}

/** A line for each ref on the gateway's own credentials: whether it counts, and why. */
export function describeAuthSurfaces(
  refs: readonly JudgedRef[],
): readonly { path: string; message: string }[] {
  return refs
    .filter(({ target }) => target.owner === 'gateway-auth' || target.owner === 'gateway-remote')
    .map(({ path, active, why }) => ({
      path,
      message: `${path} is ${active ? 'active' : 'inactive'}: ${why}`,
    }));
}

function inactive({ path, why }: JudgedRef): SecretWarning {
  return {
    code: 'SECRETS_REF_IGNORED_INACTIVE_SURFACE',
    path,
    message: `${path}: the SecretRef is not resolved: ${why}`,
  };
}
