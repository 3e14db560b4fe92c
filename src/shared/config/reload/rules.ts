/**
 * What a change at a config path asks for while the gateway runs (config.md §12.2): data, beside the schema. The longest
 * prefix of a path counts, `*` is any key of a map. A path of the schema that no rule is said for does not compile: see the last lines.
 */
import type { ConfigPath } from '../path.js';
import type { ConfigTree } from '../schema.js';
import type { StructurePath } from '../structures.js';
import type { WithRuleFor } from './complete.js';

/**
 *   none     readers see the new value with the next snapshot
 *   hot      as `none`, and whoever keeps something made of it makes it anew
 *   rolling  workers are replaced one after the other, nothing is dropped
 *   restart  the gateway starts anew
 */
export type ReloadKind = 'none' | 'hot' | 'rolling' | 'restart';

export interface ReloadRule<P extends string = string> {
  readonly path: P;
  readonly kind: ReloadKind;
}

const rule =
  (kind: ReloadKind) =>
  <P extends string>(path: P): ReloadRule<P> => ({ path, kind });
const none = rule('none');
const hot = rule('hot');
const rolling = rule('rolling');
const restart = rule('restart');

/**
 * Of what asks for no restart, `gateway.remote` is for the command line, which reads the file itself. No reader have yet
 * `agents.defaults.skipBootstrap` and what `upcoming.ts` lists; `meta` and `$schema` are for others. A login shell
 * (`env.shellEnv`) is asked at start only.
 */
const rules = [
  none('$schema'),
  none('meta'),
  none('wizard'),
  none('identity'),

  restart('gateway.mode'),
  restart('gateway.port'),
  restart('gateway.bind'),
  restart('gateway.customBindHost'),
  restart('gateway.tls'),
  restart('gateway.tailscale'),
  restart('gateway.handshakeTimeoutMs'),
  restart('gateway.channelHealthCheckMinutes'),
  restart('gateway.store'),
  none('gateway.remote'),
  none('gateway.reload'),
  hot('gateway.auth.mode'),
  hot('gateway.auth.token'),
  hot('gateway.auth.password'),
  hot('gateway.auth.rateLimit'),
  hot('gateway.auth.allowTailscale'),
  hot('gateway.auth.trustedProxy'),
  hot('gateway.trustedProxies'),
  hot('gateway.allowRealIpFallback'),
  hot('gateway.tools'),
  hot('gateway.http.endpoints'),
  hot('gateway.http.securityHeaders.strictTransportSecurity'),
  restart('gateway.controlUi.basePath'),
  restart('gateway.controlUi.root'),
  restart('gateway.controlUi.allowInsecureAuth'),
  restart('gateway.controlUi.dangerouslyDisableDeviceAuth'),
  hot('gateway.controlUi.enabled'),
  hot('gateway.controlUi.allowedOrigins'),
  hot('gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback'),
  hot('gateway.nodes'),
  rolling('gateway.workers'),

  none('agents'),
  hot('agents.defaults.heartbeat'),
  hot('agents.defaults.model'),
  hot('agents.defaults.models'),
  none('agents.list'),
  // As it is written in the file; what the gateway works with is the list.
  hot('agents.entries.*.heartbeat'),
  none('bindings'),
  hot('models'),
  restart('auth.cooldowns'),
  hot('auth.order'),
  hot('auth.profiles'),
  none('messages'),
  none('session'),
  hot('tools'),
  hot('hooks'),
  hot('mcp'),
  hot('cron'),
  hot('channels'),
  hot('approvals'),
  restart('memory'),
  hot('memory.citations'),

  none('logging'),
  restart('diagnostics.flags'),
  restart('diagnostics.prometheus'),
  hot('diagnostics.enabled'),
  none('secrets'),
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
] as const;

export const reloadRules: readonly ReloadRule[] = rules;

/** A key that is new in the schema and has no rule is an error here, which names it. */
({ rules }) satisfies WithRuleFor<ConfigTree, StructurePath, (typeof rules)[number]['path']>;

const byPath = new Map(reloadRules.map((rule) => [rule.path, rule] as const));

const withAnyKey = reloadRules
  .filter(({ path }) => path.includes('*'))
  .map((rule) => ({ rule, shape: rule.path.split('.') }));

const otherwise = restart('');

export function reloadRuleOf(path: ConfigPath): ReloadRule {
  const keys = path.filter((part) => typeof part === 'string');
  for (let count = keys.length; count > 0; count -= 1) {
    const rule = ruleAt(keys.slice(0, count));
    if (rule) return rule;
  }
  return otherwise;
}

function ruleAt(keys: readonly string[]): ReloadRule | undefined {
  const fits = (shape: readonly string[]): boolean =>
    shape.length === keys.length && shape.every((part, at) => part === '*' || part === keys[at]);
  return byPath.get(keys.join('.')) ?? withAnyKey.find(({ shape }) => fits(shape))?.rule;
}
