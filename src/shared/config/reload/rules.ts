/**
 * What a change at a config path asks for while the gateway runs (config.md §12.2): data, beside the schema. The longest
 * prefix of a path counts. A path that none is a prefix of needs a restart.
 */
import type { ConfigPath } from '../path.js';

/**
 *   none     readers see the new value with the next snapshot
 *   hot      `action` makes it count
 *   rolling  workers are replaced one after the other, nothing is dropped
 *   restart  the gateway starts anew
 */
export type ReloadKind = 'none' | 'hot' | 'rolling' | 'restart';

export interface ReloadRule {
  readonly path: string;
  readonly kind: ReloadKind;
  /** What is to be done, for the log and for whoever applies it; nothing where readers look at the snapshot. */
  readonly action?: ReloadAction;
}

export type ReloadAction =
  | 'gateway-auth'
  | 'hooks'
  | 'mcp'
  | 'cron'
  | 'heartbeat'
  | 'models'
  | 'channels'
  | 'secrets'
  | 'log-level';

const none = (path: string, action?: ReloadAction): ReloadRule =>
  action === undefined ? { path, kind: 'none' } : { path, kind: 'none', action };
const hot = (path: string, action?: ReloadAction): ReloadRule =>
  action === undefined ? { path, kind: 'hot' } : { path, kind: 'hot', action };
const rolling = (path: string): ReloadRule => ({ path, kind: 'rolling' });
const restart = (path: string): ReloadRule => ({ path, kind: 'restart' });

export const reloadRules: readonly ReloadRule[] = [
  none('$schema'),
  none('meta'),
  none('wizard'),
  none('identity'),

  restart('gateway'),
  none('gateway.remote'),
  none('gateway.reload'),
  hot('gateway.auth.mode', 'gateway-auth'),
  hot('gateway.auth.token', 'gateway-auth'),
  hot('gateway.auth.password', 'gateway-auth'),
  hot('gateway.auth.rateLimit'),
  hot('gateway.auth.allowTailscale'),
  hot('gateway.auth.trustedProxy'),
  hot('gateway.trustedProxies'),
  hot('gateway.allowRealIpFallback'),
  hot('gateway.tools'),
  hot('gateway.http.endpoints'),
  hot('gateway.http.securityHeaders.strictTransportSecurity'),
  hot('gateway.controlUi.enabled'),
  hot('gateway.controlUi.allowedOrigins'),
  hot('gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback'),
  hot('gateway.nodes'),
  rolling('gateway.workers'),

  none('agents'),
  hot('agents.defaults.heartbeat', 'heartbeat'),
  hot('agents.defaults.model', 'models'),
  hot('agents.defaults.models', 'models'),
  // A list is compared as a whole: any of its agents' heartbeats may be what changed.
  none('agents.list', 'heartbeat'),
  none('bindings'),
  hot('models', 'models'),
  restart('auth'),
  hot('auth.order'),
  hot('auth.profiles'),
  none('messages'),
  none('session'),
  hot('tools'),
  hot('hooks', 'hooks'),
  hot('mcp', 'mcp'),
  hot('cron', 'cron'),
  hot('channels', 'channels'),
  hot('approvals'),
  restart('memory'),
  hot('memory.citations'),

  none('logging', 'log-level'),
  restart('diagnostics'),
  hot('diagnostics.enabled'),
  none('secrets', 'secrets'),
  restart('secrets.egressProxy'),
  none('env'),
  restart('discovery'),
  restart('commands'),
  restart('plugins'),
  restart('browser'),
  restart('web'),
  restart('update'),
  restart('tts'),
  restart('broadcast'),
  restart('nodeHost'),
  restart('canvasHost'),
  restart('acp'),
  none('skills'),
  none('ui'),
  none('talk'),
  none('audio'),
];

const byPath = new Map(reloadRules.map((rule) => [rule.path, rule] as const));

const otherwise = restart('');

export function reloadRuleOf(path: ConfigPath): ReloadRule {
  const keys = path.filter((part) => typeof part === 'string');
  for (let count = keys.length; count > 0; count -= 1) {
    const rule = byPath.get(keys.slice(0, count).join('.'));
    if (rule) return rule;
  }
  return otherwise;
}
