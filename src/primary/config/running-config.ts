/** A config as the gateway runs with it, apart from the values of its secrets. */
import type { GatewayConfig, LoadedConfig } from '../../shared/config/load.js';
import type { Environment } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import type { OwnerKind } from '../../shared/secrets/targets.js';
import { besides } from './besides.js';
import { secretsOfConfig } from '../secrets/secrets-in-use.js';
import { judgeRefs, type JudgedRef, type SurfaceFacts } from '../../shared/secrets/surfaces.js';

export interface RunningConfig {
  /** Where it has a SecretRef, nothing is set. */
  readonly config: GatewayConfig;
  readonly refs: readonly JudgedRef[];
  /** The environment, with what the config adds to it. */
  readonly env: Environment;
  /** Made already, where no secret goes into them: that takes as long as the config is. */
  readonly routes?: RouteTable;
  /** What it and its environment hold that must appear nowhere, in use or not. */
  readonly hidden: readonly string[];
  /** What its files say besides: a change of it is a change, too. */
  readonly besides: object;
}

export type AuthFlags = SurfaceFacts['flags'];

/** @param flags of the gateway's command line: they say which refs are needed, too */
export function runningConfig(
  loaded: Pick<LoadedConfig, 'config' | 'document' | 'refs' | 'env' | 'resolved'>,
  flags: AuthFlags,
): RunningConfig {
  const { config, document, refs, env } = loaded;
  return {
    config,
    env,
    refs: judgeRefs({ document, refs, env, flags }),
    hidden: secretsOfConfig(loaded),
    besides: besides(document, config),
  };
}

const inRoutes: ReadonlySet<OwnerKind> = new Set(['model-provider', 'auth-profile', 'memory']);

/** Whether routes cannot be made before secrets are known. */
export function hasSecretRoutes({ refs }: Pick<RunningConfig, 'refs'>): boolean {
  return refs.some(({ target }) => inRoutes.has(target.owner));
}
