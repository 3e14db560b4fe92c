/** A config as the gateway runs with it, apart from the values of its secrets. */
import type { GatewayConfig, LoadedConfig } from '../../shared/config/load.js';
import type { Environment } from '../../shared/paths.js';
import { judgeRefs, type JudgedRef, type SurfaceFacts } from '../../shared/secrets/surfaces.js';

export interface RunningConfig {
  /** Where it has a SecretRef, nothing is set. */
  readonly config: GatewayConfig;
  readonly refs: readonly JudgedRef[];
  /** The environment, with what the config adds to it. */
  readonly env: Environment;
}

export type AuthFlags = SurfaceFacts['flags'];

/** @param flags of the gateway's command line: they say which refs are needed, too */
export function runningConfig(
  { config, document, refs, env }: Pick<LoadedConfig, 'config' | 'document' | 'refs' | 'env'>,
  flags: AuthFlags,
): RunningConfig {
  return { config, env, refs: judgeRefs({ document, refs, env, flags }) };
}
