/** One pass from a config to one whose refs have values, or to why there can be none (secrets.md §5, §6). */
import type { GatewayConfig, LoadedConfig } from '../../shared/config/load.js';
import type { Environment, Paths } from '../../shared/paths.js';
import { SecretsUnavailable } from '../../shared/secrets/failure.js';
import { resolveRefs, type Resolution } from '../../shared/secrets/resolve.js';
import { judgeRefs, type JudgedRef, type SurfaceFacts } from '../../shared/secrets/surfaces.js';
import { withSecrets } from '../../shared/secrets/with-secrets.js';

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

export interface ActivationSources {
  readonly loaded: LoadedConfig;
  readonly flags: SurfaceFacts['flags'];
  readonly env: Environment;
  readonly paths: Pick<Paths, 'home'>;
}

/** @throws SecretsUnavailable when a ref that is needed has no value */
export async function activateSecrets(sources: ActivationSources, signal: AbortSignal): Promise<Activation> {
  const { loaded, flags, env } = sources;
  const { config, document } = loaded;
  const refs = judgeRefs({ document, refs: loaded.refs, env, flags });
  const needed = refs.filter(({ active }) => active);
  const { values, failures } = await resolveSecrets(needed, sources, signal);
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
  { loaded, env, paths }: ActivationSources,
  signal: AbortSignal,
): Promise<Resolution> {
  return resolveRefs(refs, { secrets: loaded.config.secrets, env, home: paths.home, signal });
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
