/** How keys of sessions are read, as the config says. */
import type { GatewayConfig } from '../../shared/config/load.js';
import type { KeyScheme } from '../../shared/store/session-keys.js';

export function keyScheme({ session }: GatewayConfig, defaultAgentId: string): KeyScheme {
  return { defaultAgentId, mainKey: session.mainKey, scope: session.scope };
}
