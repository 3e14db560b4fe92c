/**
 * Whether a gateway can run with a config that is valid: asked at start, and again before a changed config counts
 * (config.md §10). Nothing here changes anything, so whoever asks may go on with the config that there was.
 */
import type { GatewayConfig, LoadedConfig } from '../../shared/config/load.js';
import type { Environment, Paths } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import { planBind, type BindPlan } from './bind.js';
import { requireHooks } from './hook-setup.js';
import { resolveAuth, type ResolvedAuth } from './resolve-auth.js';
import type { AuthFlags } from './running-config.js';
import { buildRoutes } from './routes.js';
import {
  requireCertificate,
  requireLoopback,
  requireOrigins,
  requireProxy,
  requireSafeBind,
  requireTailscale,
} from './start-guard.js';

export interface GuardRequest {
  /** With the secrets in their places … */
  readonly config: GatewayConfig;
  /** … and where they came from. */
  readonly refs: LoadedConfig['refs'];
  /** With what the config adds to it. */
  readonly env: Environment;
  readonly flags: AuthFlags;
  /** `--model`. */
  readonly model: string | undefined;
  readonly paths: Paths;
  /** Of the routes that are made of it … */
  readonly version: number;
  /** … unless they have been made. */
  readonly routes?: RouteTable | undefined;
  /** What the gateway runs with, once it does: what it is bound to, and a token that was made, it keeps. */
  readonly running?: GuardedConfig & Pick<GuardRequest, 'config'>;
}

export interface GuardedConfig {
  readonly bind: BindPlan;
  readonly routes: RouteTable;
  /** As configured; in token mode on loopback the secret may still have to be made. */
  readonly auth: ResolvedAuth;
}

/** @throws StartError with the line and exit code of the first check that fails */
export async function guardConfig(request: GuardRequest): Promise<GuardedConfig> {
  const { config, refs, env, flags, model, paths, version, running } = request;
  const { gateway } = config;
  const bind = running && isBoundAlike(running.config, config) ? running.bind : await planBind(gateway);
  const auth = resolveAuth({ config, refs }, flags, env);
  const made = running?.auth.mode === 'token' ? running.auth : undefined;
  requireTailscale(gateway, auth);
  requireSafeBind({
    bind,
    port: gateway.port,
    auth,
    // A loopback gateway that nobody configured gets a token of its own: auth is on by default.
    tokenMayBeMade: bind.loopback && flags.mode === undefined && (!running || made !== undefined),
    prometheusAuth: config.diagnostics.prometheus.auth,
  });
  requireOrigins(gateway, bind);
  requireProxy(gateway, auth.mode);
  requireLoopback(gateway, bind);
  requireCertificate(gateway);
  const routes = request.routes
    ? { ...request.routes, version }
    : buildRoutes({ config, env, model, version });
  requireHooks(config, routes, paths);
  const isMissing = auth.mode === 'token' && auth.secret === undefined;
  return { bind, routes, auth: isMissing ? (made ?? auth) : auth };
}

function isBoundAlike({ gateway: a }: GatewayConfig, { gateway: b }: GatewayConfig): boolean {
  return a.bind === b.bind && a.customBindHost === b.customBindHost;
}
