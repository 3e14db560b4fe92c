/** Static checks before anything is opened, in the order that operators know (config.md §10). */
import { isLoopbackAddress } from '../../shared/auth/address.js';
import { modeRefusal } from '../../shared/config/mode-guard.js';
import { describeIssue } from '../../shared/config/read/source.js';
import type { GatewayConfig, InvalidConfig, LoadedConfig } from '../../shared/config/load.js';
import type { AuthMode } from '../../shared/config/schema.js';
import { certificateRefusal, proxyRefusal } from '../../shared/config/start-refusals.js';
import { displayPath, type Paths } from '../../shared/paths.js';
import { exitCodes, StartError } from '../start-error.js';
import type { BindPlan } from './bind.js';
import type { ResolvedAuth } from './resolve-auth.js';

/** @throws StartError 78 */
export function requireValid(loaded: LoadedConfig | InvalidConfig, paths: Paths): LoadedConfig {
  if (loaded.ok) return loaded;
  const issues = loaded.issues.map((issue) => `- ${describeIssue(issue)}`).join('\n');
  const file = displayPath(paths.configPath, paths.home);
  throw new StartError(
    `Config invalid\nFile: ${file}\n${issues}\nRun: pllan doctor --fix`,
    exitCodes.configuration,
  );
}

/** @throws StartError 78 when this config was not meant to start a gateway */
export function requireLocalMode(
  { exists, config }: Pick<LoadedConfig, 'exists' | 'config'>,
  allowUnconfigured: boolean,
): void {
  if (allowUnconfigured) return;
  const refusal = modeRefusal(exists, config.gateway.mode);
  if (refusal !== undefined) throw blocked(refusal);
}

/** @throws StartError 78 when Tailscale would publish what it must not, or cannot reach */
export function requireTailscale({ bind, tailscale }: GatewayConfig['gateway'], auth: ResolvedAuth): void {
  if (tailscale.mode === 'off') return;
  if (bind !== 'loopback') {
    throw blocked('tailscale serve/funnel requires gateway bind=loopback (127.0.0.1)');
  }
  if (tailscale.mode === 'funnel' && (auth.mode !== 'password' || auth.secret === undefined)) {
    throw blocked(
      'tailscale funnel requires gateway auth mode=password (set gateway.auth.password or PLLAN_GATEWAY_PASSWORD)',
    );
  }
}

/** @throws StartError when others could reach what was meant for this machine */
export function requireLoopback({ bind: mode }: GatewayConfig['gateway'], { required }: BindPlan): void {
  const host = required.find((address) => !isLoopbackAddress(address));
  if (mode === 'loopback' && host !== undefined) {
    throw new StartError(
      `gateway bind=loopback resolved to non-loopback host ${host}; refusing fallback to a network bind`,
    );
  }
}

export interface BindCheck {
  readonly bind: BindPlan;
  readonly port: number;
  readonly auth: ResolvedAuth;
  /** A missing token will be generated later. */
  readonly tokenMayBeMade: boolean;
  readonly prometheusAuth: 'inherit' | 'none';
}

/** Checks that need auth and bind together. @throws StartError */
export function requireSafeBind({ bind, port, auth, tokenMayBeMade, prometheusAuth }: BindCheck): void {
  const [host] = bind.required;
  const missing = auth.mode !== 'trusted-proxy' && auth.secret === undefined;
  if (!bind.loopback && missing) {
    throw blocked(
      `refusing to bind gateway to ${host}:${port} without auth (set gateway.auth.token/password, or set PLLAN_GATEWAY_TOKEN/PLLAN_GATEWAY_PASSWORD)`,
    );
  }
  if (!bind.loopback && prometheusAuth === 'none') {
    throw blocked('diagnostics.prometheus.auth=none is allowed on a loopback bind only');
  }
  if (auth.mode === 'token' && missing && !tokenMayBeMade) {
    throw new StartError(
      'gateway auth mode is token, but no token was configured (set gateway.auth.token or PLLAN_GATEWAY_TOKEN)',
    );
  }
  if (auth.mode === 'password' && missing) {
    throw new StartError('gateway auth mode is password, but no password was configured');
  }
}

/** @throws StartError 78 when no page could ever connect to a gateway that others can reach */
export function requireOrigins({ controlUi }: GatewayConfig['gateway'], bind: BindPlan): void {
  const none = controlUi.enabled && controlUi.allowedOrigins?.length === 0;
  if (bind.loopback || !none || controlUi.dangerouslyAllowHostHeaderOriginFallback) return;
  throw blocked(
    'non-loopback Control UI requires gateway.controlUi.allowedOrigins (set explicit origins), or set gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback=true to use Host-header origin fallback mode',
  );
}

/** @throws StartError 78 when nobody could ever be let in */
export function requireProxy(gateway: GatewayConfig['gateway'], mode: AuthMode): void {
  const refusal = proxyRefusal(gateway, mode);
  if (refusal !== undefined) throw blocked(refusal);
}

/** @throws StartError 78 when there can be no certificate */
export function requireCertificate(gateway: GatewayConfig['gateway']): void {
  const refusal = certificateRefusal(gateway);
  if (refusal !== undefined) throw blocked(refusal);
}

function blocked(message: string): StartError {
  return new StartError(message, exitCodes.configuration);
}
