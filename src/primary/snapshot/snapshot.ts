/**
 * What the gateway runs with: config, secrets, and what follows from them, as one object that never changes. Another config
 * or another secret is another snapshot. Who begins something takes the current one and ends with it.
 */
import type { AuthPolicy } from '../../shared/auth/auth-policy.js';
import type { LoadedConfig } from '../../shared/config/load.js';
import type { GatewayFlags, GatewayOptions } from '../../shared/gateway-options.js';
import type { Environment } from '../../shared/paths.js';
import { guardConfig, type GuardedConfig } from '../config/config-guard.js';
import { hasSecretRoutes, runningConfig, type RunningConfig } from '../config/running-config.js';
import { authFlags, type StartPlan } from '../config/start-plan.js';
import { requireLocalMode } from '../config/start-guard.js';
import { authPolicyOf } from '../config/worker-snapshot.js';
import { activateSecrets, type Activation } from '../secrets/activation.js';

export interface Snapshot extends Activation, GuardedConfig {
  /** Counts snapshots since the start. */
  readonly generation: number;
  /** The environment, with what the config adds to it. */
  readonly env: Environment;
  readonly policy: AuthPolicy;
  /** The same without its secrets: they may be resolved anew. */
  readonly source: RunningConfig;
}

/** That of the start. @param made what the start made of the plan: a token may have come to it */
export function firstSnapshot(
  plan: StartPlan,
  made: Pick<Snapshot, 'auth' | 'policy'> & { readonly loaded: LoadedConfig },
  flags: GatewayFlags,
): Snapshot {
  const { secrets, bind, routes, env } = plan;
  const { auth, policy, loaded } = made;
  const source = runningConfig(loaded, authFlags(flags));
  return {
    ...secrets,
    bind,
    routes,
    env,
    auth,
    policy,
    generation: 1,
    source: hasSecretRoutes(source) || hasOwnProfiles(secrets) ? source : { ...source, routes },
  };
}

/** Whether agents have files of auth profiles: routes are made with them, and they may be others the next time. */
function hasOwnProfiles({ config }: Pick<Activation, 'config'>): boolean {
  return config.auth.agentProfiles.size > 0;
}

/** Looked at where something begins, and not kept. */
export type CurrentSnapshot = () => Snapshot;

/** What is made of a snapshot, once for each; of the current one. */
export function derived<T>(current: CurrentSnapshot, make: (snapshot: Snapshot) => T): () => T {
  let last: { readonly of: Snapshot; readonly made: T } | undefined;
  return () => {
    const of = current();
    if (last?.of !== of) last = { of, made: make(of) };
    return last.made;
  };
}

/**
 * Resolves the secrets and checks what comes out as a start does; nothing is changed by it.
 *
 * @throws SecretsUnavailable, StartError
 */
export async function nextSnapshot(
  source: RunningConfig,
  before: Snapshot,
  { flags, paths }: Pick<GatewayOptions, 'flags' | 'paths'>,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { env } = source;
  requireLocalMode({ exists: true, config: source.config }, flags.allowUnconfigured);
  const activation = await activateSecrets(source, { ...paths, signal });
  const { config, refs } = activation;
  const generation = before.generation + 1;
  const guarded = await guardConfig({
    config,
    refs,
    env,
    flags: authFlags(flags),
    model: flags.model,
    paths,
    version: generation,
    routes: hasOwnProfiles(activation) ? undefined : source.routes,
    running: before,
  });
  const policy = authPolicyOf(guarded.auth, config.gateway);
  return { ...activation, ...guarded, generation, env, policy, source };
}
