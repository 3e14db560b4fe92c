/** The parts of the config that workers use, and the forms in which auth may leave the primary: digests, never secrets. */
import type { AuthPolicy } from '../../shared/auth/auth-policy.js';
import { digestCredential } from '../../shared/auth/credential.js';
import type { HttpAuthPolicy } from '../../shared/auth/http-auth.js';
import type { OriginPolicy } from '../../shared/auth/origin.js';
import { uiPath, type ControlUiConfig } from '../../shared/config/control-ui-schema.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import type { LogLevel } from '../../shared/config/schema.js';
import type { EndpointSnapshot, TunnelAddress, WorkerSnapshot } from '../../shared/ipc.js';
import { httpLimits } from '../../shared/limits.js';
import { expandHome, type Environment, type Paths } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import { unreachable } from '../../shared/unreachable.js';
import { StartError } from '../start-error.js';
import { channelProofs } from './channel-proofs.js';
import { hookSetup } from './hook-setup.js';
import { keyScheme } from './key-scheme.js';
import type { ResolvedAuth } from './resolve-auth.js';
import type { StartPlan } from './start-plan.js';
import { toolSetup } from './tool-setup.js';

/** @throws StartError when the mode needs what there is not */
export function authPolicyOf(auth: ResolvedAuth, gateway: GatewayConfig['gateway']): AuthPolicy {
  const { mode, secret } = auth;
  switch (mode) {
    case 'none':
      return { mode };
    case 'token':
    case 'password':
      if (secret === undefined)
        throw new StartError(`gateway auth mode is ${mode}, but no ${mode} was configured`);
      return { mode, credential: digestCredential(secret) };
    case 'trusted-proxy': {
      const { trustedProxy } = gateway.auth;
      const proxy = {
        ...trustedProxy,
        userHeader: trustedProxy.userHeader ?? '',
        trustedProxies: gateway.trustedProxies,
      };
      return { mode, proxy, localPassword: secret === undefined ? null : digestCredential(secret) };
    }
    default:
      return unreachable(mode);
  }
}

function endpointOf({ enabled, maxBodyBytes }: EndpointSnapshot): EndpointSnapshot {
  return { enabled, maxBodyBytes };
}

/** A gateway that others can reach, and whose owner said nothing, is open to pages that an SSH tunnel brings. */
export function originsOf({ config, bind, port }: Pick<StartPlan, 'config' | 'bind' | 'port'>): OriginPolicy {
  const { allowedOrigins, dangerouslyAllowHostHeaderOriginFallback } = config.gateway.controlUi;
  const tunnelled = bind.loopback ? [] : [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  return {
    allowedOrigins: allowedOrigins ?? tunnelled,
    allowHostHeaderFallback: dangerouslyAllowHostHeaderOriginFallback,
  };
}

/** Whom requests over HTTP are let in. */
export function httpPolicyOf(
  plan: Pick<StartPlan, 'config' | 'bind' | 'port'>,
  auth: AuthPolicy,
): HttpAuthPolicy {
  const { trustedProxies, allowRealIpFallback } = plan.config.gateway;
  return { ...originsOf(plan), ...auth, proxies: { trustedProxies, allowRealIpFallback } };
}

/** What a reload may change while the gateway runs. */
export interface NextConfig {
  /** With the secrets in their places. */
  readonly config: GatewayConfig;
  readonly routes: RouteTable;
  readonly auth: AuthPolicy;
  /** The environment, with what the config adds to it. */
  readonly env: Environment;
}

export interface SnapshotSources {
  /** Each has one of its own, higher than that of those before. */
  readonly version: number;
  readonly config: GatewayConfig;
  readonly routes: RouteTable;
  readonly policy: HttpAuthPolicy;
  readonly tunnel: TunnelAddress;
  readonly logLevel: LogLevel;
  readonly rawStream: string | undefined;
  readonly paths: Paths;
  readonly env: Environment;
}

export function workerSnapshot({
  version,
  config,
  routes,
  policy,
  tunnel,
  logLevel,
  rawStream,
  paths,
  env,
}: SnapshotSources): WorkerSnapshot {
  const { http, workers, controlUi } = config.gateway;
  const testHooks = env.PLLAN_TEST_HOOKS === '1';
  return {
    version,
    auth: policy,
    // Threads know one table from another by its number.
    routes: { ...routes, version },
    chatCompletions: endpointOf(http.endpoints.chatCompletions),
    responses: endpointOf(http.endpoints.responses),
    controlUi: controlUi.enabled ? placeOf(controlUi, paths) : undefined,
    hooks: hookSetup(config, paths, env),
    channelProofs: channelProofs(config.channels),
    strictTransportSecurity: http.securityHeaders.strictTransportSecurity,
    apiThreads: workers.apiThreads,
    tools: toolSetup(config, paths, env),
    scheme: keyScheme(config, routes.defaultAgentId),
    maxQueue: workers.maxQueue,
    logLevel,
    rawStream,
    redaction: {
      redactSensitive: config.logging.redactSensitive,
      redactPatterns: config.logging.redactPatterns,
    },
    tunnel,
    storeDir: paths.storeDir,
    testHooks,
    testLog: testHooks ? testLogOf(env) : undefined,
    stalledClientMs: (testHooks && Number(env.PLLAN_TEST_STALLED_CLIENT_MS)) || httpLimits.stalledClientMs,
  };
}

function testLogOf({ PLLAN_TEST_LOG_LINES, PLLAN_TEST_LOG_CHARS }: Environment): WorkerSnapshot['testLog'] {
  const linesPerSecond = Number(PLLAN_TEST_LOG_LINES ?? 0);
  return linesPerSecond > 0 ? { linesPerSecond, chars: Number(PLLAN_TEST_LOG_CHARS ?? 100) } : undefined;
}

/** Where the Control UI is. */
function placeOf(
  { basePath, root }: ControlUiConfig,
  { home }: Paths,
): NonNullable<WorkerSnapshot['controlUi']> {
  return {
    basePath: uiPath(basePath),
    root: root === null || root.trim() === '' ? undefined : expandHome(root.trim(), home),
  };
}
