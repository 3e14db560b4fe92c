/** Everything that is decided before anything is opened: config, addresses, models, auth (config.md §9, §10). */
import { withDotenv } from '../../shared/config/environment/dotenv.js';
import {
  loadConfig,
  type ConfigFlags,
  type GatewayConfig,
  type LoadedConfig,
} from '../../shared/config/load.js';
import { finishInterrupted } from '../../shared/config/write/lock.js';
import type { GatewayFlags, GatewayOptions } from '../../shared/gateway-options.js';
import type { Environment } from '../../shared/paths.js';
import { activateSecrets, type Activation } from '../secrets/activation.js';
import { SecretsUnavailable } from '../../shared/secrets/failure.js';
import { toError } from '../../shared/to-error.js';
import { StartError } from '../start-error.js';
import { guardConfig, type GuardedConfig } from './config-guard.js';
import { ensureDevSetup } from './dev-setup.js';
import { printOf, type FilePrint } from './file-print.js';
import { runningConfig, type AuthFlags, type RunningConfig } from './running-config.js';
import { requireLocalMode, requireValid } from './start-guard.js';

export interface StartPlan extends GuardedConfig {
  /** As the file says it, where nothing is set in the place of a SecretRef … */
  readonly loaded: LoadedConfig;
  /** … and with the secrets in their places. */
  readonly config: GatewayConfig;
  /** What its files looked like when they had been read. */
  readonly seen: FilePrint;
  /** The environment, with what the config adds to it. */
  readonly env: Environment;
  readonly secrets: Activation;
  readonly port: number;
}

/** @throws StartError with the line and exit code of the first check that fails, AbortError when `stop` came first */
export async function makeStartPlan(
  { flags, ownEnv, folder, paths }: GatewayOptions,
  stop: AbortSignal,
): Promise<StartPlan> {
  if (flags.dev) ensureDevSetup(paths);
  // A restart in this process is no command, which would have done it.
  await finishInterrupted(paths.configPath).catch((caught: unknown) => {
    throw new StartError(toError(caught).message);
  });
  // A gateway that restarts in its process sees what has become of `.env` files since.
  const given = withDotenv(ownEnv, folder, paths.stateDir).env;
  const read = loadConfig({ path: paths.configPath, env: given, flags: configFlags(flags) });
  const seen = await printOf(read.source.files);
  const loaded = requireValid(read, paths);
  requireLocalMode(loaded, flags.allowUnconfigured);
  const secrets = await requireSecrets(runningConfig(loaded, authFlags(flags)), paths, stop);
  const { env } = loaded;
  const { config } = secrets;
  const guarded = await guardConfig({
    config,
    refs: loaded.refs,
    env,
    flags: authFlags(flags),
    model: flags.model,
    paths,
    version: 1,
  });
  return { ...guarded, loaded, config, seen, env, secrets, port: config.gateway.port };
}

export function authFlags({ auth, token, password }: GatewayFlags): AuthFlags {
  return { mode: auth, token, password };
}

/** What the command line says in the place of the file. */
export function configFlags({ port, bind, tailscale, logLevel }: GatewayFlags): ConfigFlags {
  return {
    ...(port === undefined ? {} : { port: String(port) }),
    ...(bind === undefined ? {} : { bind }),
    ...(tailscale === undefined ? {} : { tailscale }),
    ...(logLevel === undefined ? {} : { 'log-level': logLevel }),
  };
}

async function requireSecrets(
  source: RunningConfig,
  paths: GatewayOptions['paths'],
  stop: AbortSignal,
): Promise<Activation> {
  try {
    return await activateSecrets(source, { ...paths, signal: stop });
  } catch (caught) {
    stop.throwIfAborted();
    if (!(caught instanceof SecretsUnavailable)) throw caught;
    throw new StartError(`Startup failed: required secrets are unavailable. ${caught.message}`);
  }
}
