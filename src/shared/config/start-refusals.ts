/**
 * What a gateway refuses to start with although each key of the config is valid by itself (config.md §10): keys that
 * need others. Said by the gateway when it starts, and by commands before.
 */
import { usableSecret } from '../auth/secret-sources.js';
import type { GatewayConfig, LoadedConfig } from './load.js';
import type { AuthMode } from './schema.js';

/** Why a gateway would not start; undefined when nothing in the config alone speaks against it. */
export function startRefusal({ config, written }: LoadedConfig): string | undefined {
  const { gateway, hooks } = config;
  if (gateway.mode === 'remote') return undefined;
  // Whether the variable is set, only the gateway's own environment tells.
  const isElsewhere = written.has('hooks.token');
  return (
    proxyRefusal(gateway, gateway.auth.mode) ??
    certificateRefusal(gateway) ??
    (isElsewhere ? undefined : hookTokenRefusal(hooks))
  );
}

export function hookTokenRefusal({ enabled, token }: GatewayConfig['hooks']): string | undefined {
  return enabled && usableSecret(token) === undefined ? 'hooks.enabled requires hooks.token' : undefined;
}

/** Nobody could ever be let in. */
export function proxyRefusal(
  { auth, trustedProxies }: GatewayConfig['gateway'],
  mode: AuthMode | null,
): string | undefined {
  if (mode !== 'trusted-proxy') return undefined;
  if (trustedProxies.length === 0)
    return 'gateway auth mode=trusted-proxy requires gateway.trustedProxies to be configured with at least one proxy IP';
  if (auth.trustedProxy.userHeader === null)
    return 'gateway auth mode=trusted-proxy requires gateway.auth.trustedProxy.userHeader, the header in which the proxy names the user';
  return undefined;
}

/** There can be no certificate. */
export function certificateRefusal({ tls }: GatewayConfig['gateway']): string | undefined {
  if (!tls.enabled) return undefined;
  if ((tls.certPath === null) !== (tls.keyPath === null))
    return 'gateway.tls.certPath and gateway.tls.keyPath go together: set both, or neither';
  if (tls.certPath === null && !tls.autoGenerate)
    return 'gateway.tls.enabled requires gateway.tls.certPath and gateway.tls.keyPath, or gateway.tls.autoGenerate=true';
  return undefined;
}
