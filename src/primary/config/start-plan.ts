/** Everything that is decided before anything is opened: config, addresses, models, auth (config.md §9, §10). */
import { loadConfig, type GatewayConfig, type LoadedConfig } from '../../shared/config/load.js';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import type { Environment } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import { planBind, type BindPlan } from './bind.js';
import { ensureDevSetup } from './dev-setup.js';
import { requireHooks } from './hook-setup.js';
import { resolveAuth, type ResolvedAuth } from './resolve-auth.js';
import { buildRoutes } from './routes.js';
import {
  requireCertificate,
  requireLocalMode,
  requireOrigins,
  requireProxy,
  requireSafeBind,
  requireValid,
} from './start-guard.js';

export interface StartPlan {
  readonly loaded: LoadedConfig;
  readonly config: GatewayConfig;
  /** The environment, with what the config adds to it. */
  readonly env: Environment;
  readonly port: number;
  readonly bind: BindPlan;
  readonly routes: RouteTable;
  /** As configured; in token mode on loopback the secret may still have to be made. */
  readonly auth: ResolvedAuth;
}

/** @throws StartError with the line and exit code of the first check that fails */
export async function makeStartPlan({ flags, env: given, paths }: GatewayOptions): Promise<StartPlan> {
  if (flags.dev) ensureDevSetup(paths);
  const overrides = {
    ...(flags.port === undefined ? {} : { port: String(flags.port) }),
    ...(flags.bind === undefined ? {} : { bind: flags.bind }),
    ...(flags.logLevel === undefined ? {} : { 'log-level': flags.logLevel }),
  };
  const loaded = requireValid(loadConfig({ path: paths.configPath, env: given, flags: overrides }), paths);
  const { config, env } = loaded;
  requireLocalMode(loaded, flags.allowUnconfigured);
  const bind = await planBind(config.gateway);
  const routes = buildRoutes({ config, env, model: flags.model, version: 1 });
  const auth = resolveAuth(loaded, { mode: flags.auth, token: flags.token, password: flags.password }, env);
  requireSafeBind({
    bind,
    port: config.gateway.port,
    auth,
    // A loopback gateway that nobody configured gets a token of its own: auth is on by default.
    tokenMayBeMade: bind.loopback && flags.auth === undefined,
    prometheusAuth: config.diagnostics.prometheus.auth,
  });
  requireOrigins(config.gateway, bind);
  requireProxy(config.gateway, auth.mode);
  requireCertificate(config.gateway);
  requireHooks(config, routes, paths);
  return { loaded, config, env, port: config.gateway.port, bind, routes, auth };
}
