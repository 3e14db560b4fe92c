/** The parts of the config that workers use, and the forms in which auth may leave the primary: digests, never secrets. */
import { digestCredential, type CredentialDigest } from '../../shared/auth/credential.js';
import type { HttpAuthPolicy } from '../../shared/auth/http-auth.js';
import type { OriginPolicy } from '../../shared/auth/origin.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import type { LogLevel } from '../../shared/config/schema.js';
import type { TunnelAddress, WorkerSnapshot } from '../../shared/ipc.js';
import { httpLimits } from '../../shared/limits.js';
import type { Environment } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import type { ControlAuth } from '../control/auth.js';
import { StartError } from '../start-error.js';
import type { ResolvedAuth } from './resolve-auth.js';

export function controlAuthOf(auth: ResolvedAuth): ControlAuth {
  return auth.mode === 'none' ? { mode: 'none' } : { mode: auth.mode, credential: digestOf(auth) };
}

export function httpAuthOf(auth: ResolvedAuth, origins: OriginPolicy): HttpAuthPolicy {
  return { ...origins, ...controlAuthOf(auth) };
}

export function originsOf(controlUi: GatewayConfig['gateway']['controlUi']): OriginPolicy {
  return {
    allowedOrigins: controlUi.allowedOrigins,
    allowHostHeaderFallback: controlUi.dangerouslyAllowHostHeaderOriginFallback,
  };
}

export interface SnapshotSources {
  readonly config: GatewayConfig;
  readonly routes: RouteTable;
  readonly policy: HttpAuthPolicy;
  readonly tunnel: TunnelAddress;
  readonly logLevel: LogLevel;
  readonly storeDir: string;
  readonly env: Environment;
}

export function workerSnapshot({
  config,
  routes,
  policy,
  tunnel,
  logLevel,
  storeDir,
  env,
}: SnapshotSources): WorkerSnapshot {
  const { http, workers } = config.gateway;
  const testHooks = env.PLLAN_TEST_HOOKS === '1';
  return {
    version: routes.version,
    auth: policy,
    routes,
    chatCompletions: http.endpoints.chatCompletions,
    strictTransportSecurity: http.securityHeaders.strictTransportSecurity,
    apiThreads: workers.apiThreads,
    maxQueue: workers.maxQueue,
    logLevel,
    tunnel,
    storeDir,
    testHooks,
    stalledClientMs: (testHooks && Number(env.PLLAN_TEST_STALLED_CLIENT_MS)) || httpLimits.stalledClientMs,
  };
}

function digestOf(auth: ResolvedAuth): CredentialDigest {
  if (auth.secret === undefined)
    throw new StartError(`gateway auth mode is ${auth.mode}, but no ${auth.mode} was configured`);
  return digestCredential(auth.secret);
}
