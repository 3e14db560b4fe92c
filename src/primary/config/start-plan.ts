/** Everything that is decided before anything is opened: config, addresses, models, auth (config.md §9, §10). */
import { loadConfig, type GatewayConfig, type LoadedConfig } from '../../shared/config/load.js';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import type { Environment } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import { activateSecrets, type Activation, type ActivationSources } from '../secrets/activation.js';
import { SecretsUnavailable } from '../../shared/secrets/failure.js';
import { StartError } from '../start-error.js';
import type { BindPlan } from './bind.js';
import { guardConfig } from './config-guard.js';
import { ensureDevSetup } from './dev-setup.js';
import type { AuthFlags, ResolvedAuth } from './resolve-auth.js';
import { requireLocalMode, requireValid } from './start-guard.js';

export interface StartPlan {
  /** As the file says it, where nothing is set in the place of a SecretRef … */
  readonly loaded: LoadedConfig;
  /** … and with the secrets in their places. */
  readonly config: GatewayConfig;
  /** The environment, with what the config adds to it. */
  readonly env: Environment;
  readonly secrets: Activation;
  readonly port: number;
  readonly bind: BindPlan;
  readonly routes: RouteTable;
  /** As configured; in token mode on loopback the secret may still have to be made. */
  readonly auth: ResolvedAuth;
}

/** @throws StartError with the line and exit code of the first check that fails, AbortError when `stop` came first */
export async function makeStartPlan(
  { flags, env: given, paths }: GatewayOptions,
  stop: AbortSignal,
): Promise<StartPlan> {
  if (flags.dev) ensureDevSetup(paths);
  const overrides = {
    ...(flags.port === undefined ? {} : { port: String(flags.port) }),
    ...(flags.bind === undefined ? {} : { bind: flags.bind }),
    ...(flags.logLevel === undefined ? {} : { 'log-level': flags.logLevel }),
  };
  const loaded = requireValid(loadConfig({ path: paths.configPath, env: given, flags: overrides }), paths);
  const { env } = loaded;
  requireLocalMode(loaded, flags.allowUnconfigured);
  const secrets = await requireSecrets({ loaded, flags: authFlags(flags), env, paths }, stop);
  const { config } = secrets;
  const { bind, routes, auth } = await guardConfig({
    config,
    refs: loaded.refs,
    env,
    flags: authFlags(flags),
    model: flags.model,
    paths,
    version: 1,
  });
  return { loaded, config, env, secrets, port: config.gateway.port, bind, routes, auth };
}

export function authFlags({ auth, token, password }: GatewayOptions['flags']): AuthFlags {
  return { mode: auth, token, password };
}

async function requireSecrets(sources: ActivationSources, stop: AbortSignal): Promise<Activation> {
  try {
    return await activateSecrets(sources, stop);
  } catch (caught) {
    stop.throwIfAborted();
    if (!(caught instanceof SecretsUnavailable)) throw caught;
    throw new StartError(`Startup failed: required secrets are unavailable. ${caught.message}`);
  }
}
