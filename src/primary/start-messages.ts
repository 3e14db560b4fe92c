/** What the start tells the operator (operations.md §2): what it warns of, where the gateway is, that it is ready. */
import { usableSecret } from '../shared/auth/secret-sources.js';
import { describeIssue } from '../shared/config/read/source.js';
import type { Environment, Paths } from '../shared/paths.js';
import { banner } from './banner.js';
import type { ResolvedAuth } from './config/resolve-auth.js';
import { unusedKeys } from './config/routes.js';
import type { StartPlan } from './config/start-plan.js';
import type { GatewayLog } from './log/open-log.js';
import type { TlsKeeper } from './tls/keeper.js';

export function warnOfPlan(
  { loaded, bind }: StartPlan,
  envWarnings: readonly string[],
  { log }: GatewayLog,
): void {
  for (const warning of [...envWarnings, ...loaded.warnings.map(describeIssue)])
    log.warn('config.warning', warning);
  if (bind.warning) log.warn('config.warning', bind.warning);
}

export function warnOfAuth(
  { hooks }: StartPlan['config'],
  auth: ResolvedAuth,
  { log }: Pick<GatewayLog, 'log'>,
): void {
  if (auth.mode === 'none')
    log.warn('auth.none', 'authentication is off: every local process can use this gateway');
  if (hooks.enabled && usableSecret(hooks.token) === auth.secret)
    log.warn(
      'hooks.token',
      'hooks.token is the secret of the gateway: whoever may call hooks may do everything; give them one of their own',
    );
}

export function sayListening({ bind, port, routes, config }: StartPlan, { log, path }: GatewayLog): void {
  const [host = ''] = bind.required;
  const scheme = config.gateway.tls.enabled ? 'wss' : 'ws';
  log.info('listening', `listening on ${scheme}://${host}:${port} (PID ${process.pid})`, { host, port });
  log.info('log-file', `log file: ${path}`);
  log.info('model', `agent model: ${routes.agents[routes.defaultAgentId]?.model}`);
}

export interface ReadyGateway {
  readonly auth: ResolvedAuth;
  readonly tls: TlsKeeper | undefined;
  readonly paths: Paths;
  readonly env: Environment;
  /** Configured ones. */
  readonly workers: number;
  /** Since the start. */
  readonly afterMs: number;
}

export function sayReady(
  { bind, port, routes }: StartPlan,
  { log, style }: GatewayLog,
  { auth, tls, paths, env, workers, afterMs }: ReadyGateway,
): void {
  log.info('ready', `ready (${(afterMs / 1000).toFixed(1)}s)`, { workers });
  if (style === 'json') return;
  process.stdout.write(
    banner({
      host: bind.required[0] ?? '',
      port,
      tls: tls !== undefined,
      ownCertificate: tls?.ownCertificate,
      auth,
      routes,
      paths,
      unusedKeys: unusedKeys(routes, env),
    }),
  );
}
