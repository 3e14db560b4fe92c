/** One pass from a config to one whose refs have values, or to why there can be none (secrets.md §5, §6). */
import { agentIds } from '../../shared/config/agents.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import type { Environment } from '../../shared/paths.js';
import { SecretsUnavailable } from '../../shared/secrets/failure.js';
import {
  gatherProfiles,
  resolveProfiles,
  type ProfileWarning,
} from '../../shared/secrets/profiles/resolve-profiles.js';
import { readProfileStores } from '../../shared/secrets/profiles/store.js';
import { resolveRefs, type Resolution } from '../../shared/secrets/resolve.js';
import type { JudgedRef } from '../../shared/secrets/surfaces.js';
import { withSecrets } from '../../shared/secrets/with-secrets.js';
import type { RunningConfig } from '../config/running-config.js';

export interface SecretWarning {
  readonly code: 'SECRETS_REF_IGNORED_INACTIVE_SURFACE' | ProfileWarning['code'];
  readonly path: string;
  readonly message: string;
}

/** The outcome: immutable, and one with its config. */
export interface Activation {
  /** With values in the places of refs, and with the auth profiles that agents have in files of their own. */
  readonly config: GatewayConfig;
  readonly refs: readonly JudgedRef[];
  /** Of the active refs, by path. */
  readonly values: ReadonlyMap<string, string>;
  readonly warnings: readonly SecretWarning[];
}

/** What says where secrets are. */
export interface SecretSource {
  readonly config: Pick<GatewayConfig, 'secrets'>;
  readonly env: Environment;
}

export interface ActivationOptions {
  /** What `~` means. */
  readonly home: string;
  /** Where agents have their auth profiles. */
  readonly stateDir: string;
  readonly signal: AbortSignal;
}

/** @throws SecretsUnavailable when a ref that is needed has no value, or a file of auth profiles cannot be used */
export async function activateSecrets(
  source: RunningConfig,
  options: ActivationOptions,
): Promise<Activation> {
  const { config } = source;
  const now = Date.now();
  const stores = readProfileStores(options.stateDir, agentIds(config.agents.list));
  const profiles = gatherProfiles(stores, source, now);
  const refs = [...source.refs, ...profiles.refs];
  const needed = refs.filter(({ active }) => active);
  const resolution = await resolveSecrets(needed, source, options);
  const failures = [...profiles.failures, ...resolution.failures];
  if (failures.length > 0) throw new SecretsUnavailable(failures, refs);
  const { values } = resolution;
  const resolved = withSecrets(config, source.refs, values);
  return {
    config: {
      ...resolved,
      auth: { ...resolved.auth, agentProfiles: resolveProfiles(stores, values, now) },
    },
    refs,
    values,
    warnings: [...source.refs.filter(({ active }) => !active).map(inactive), ...profiles.warnings],
  };
}

export function resolveSecrets(
  refs: readonly JudgedRef[],
  { config, env }: SecretSource,
  { home, signal }: Pick<ActivationOptions, 'home' | 'signal'>,
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
