/**
 * Which refs are needed (secrets.md §5). A ref on a surface that is not in use is left alone: it may point at what this
 * machine does not have.
 */
import { usableSecret } from '../auth/secret-sources.js';
import type { AuthMode } from '../config/schema.js';
import type { Environment } from '../paths.js';
import { unreachable } from '../unreachable.js';
import { valueAt, type PlacedRef } from './config-refs.js';

export interface SurfaceFacts {
  /** The config document, without its refs. */
  readonly document: unknown;
  readonly refs: readonly PlacedRef[];
  readonly env: Environment;
  /** Of the gateway's command line. */
  readonly flags: {
    readonly mode: AuthMode | undefined;
    readonly token: string | undefined;
    readonly password: string | undefined;
  };
}

export interface JudgedRef extends PlacedRef {
  readonly active: boolean;
  /** Why, in words. */
  readonly why: string;
}

export function judgeRefs(facts: SurfaceFacts): readonly JudgedRef[] {
  const gateway = gatewayFacts(facts);
  return facts.refs.map((ref) => ({ ...ref, ...judge(ref, facts, gateway) }));
}

type Verdict = Pick<JudgedRef, 'active' | 'why'>;

const yes = (why: string): Verdict => ({ active: true, why });
const no = (why: string): Verdict => ({ active: false, why });

function judge(place: PlacedRef, facts: SurfaceFacts, gateway: GatewayFacts): Verdict {
  const { surface } = place.target;
  switch (surface) {
    case 'always':
      return yes('always in use');
    case 'entry':
      return judgeEntry(place, facts.document);
    case 'channel':
      return judgeChannel(place, facts);
    case 'cron':
      return isOff(facts.document, ['cron']) ? no('cron.enabled is false') : yes('cron is enabled');
    case 'gateway-token':
      return judgeOwn('token', gateway);
    case 'gateway-password':
      return judgeOwn('password', gateway);
    case 'remote-token':
      return judgeRemote('token', gateway);
    case 'remote-password':
      return judgeRemote('password', gateway);
    default:
      return unreachable(surface);
  }
}

function judgeEntry({ segments, target }: PlacedRef, document: unknown): Verdict {
  const entry = segments.slice(0, (target.ownerAt ?? 0) + 1);
  return isOff(document, entry)
    ? no(`${entry.join('.')}.enabled is false`)
    : yes(`${entry.join('.')} is in use`);
}

/** A credential above the accounts counts where an account that is enabled has none of its own. */
function judgeChannel({ segments }: PlacedRef, { document, refs }: SurfaceFacts): Verdict {
  const [, channel = '', accounts, account = ''] = segments;
  const path = ['channels', channel];
  if (isOff(document, path)) return no(`channels.${channel}.enabled is false`);
  if (accounts === 'accounts' && segments.length > 3) {
    return isOff(document, [...path, 'accounts', account])
      ? no(`channels.${channel}.accounts.${account}.enabled is false`)
      : yes('the account is enabled');
  }
  const own = valueAt(document, [...path, 'accounts']);
  if (typeof own !== 'object' || own === null || Object.keys(own).length === 0)
    return yes('the channel is enabled');
  const field = segments.at(-1) ?? '';
  const hasOwn = (id: string): boolean =>
    valueAt(own, [id, field]) !== undefined ||
    refs.some(({ segments: at }) => at.join('\0') === [...path, 'accounts', id, field].join('\0'));
  const inherits = Object.keys(own).some((id) => !isOff(own, [id]) && !hasOwn(id));
  return inherits ? yes('an enabled account inherits it') : no('no enabled account inherits it');
}

interface GatewayFacts {
  readonly mode: AuthMode;
  readonly modeIsSet: boolean;
  readonly overridden: Readonly<Record<'token' | 'password', boolean>>;
  readonly local: Readonly<Record<'token' | 'password', boolean>>;
  /** Why a remote gateway is in use; undefined when none is. */
  readonly remote: string | undefined;
}

function gatewayFacts({ document, refs, env, flags }: SurfaceFacts): GatewayFacts {
  const at = (...segments: string[]): unknown => valueAt(document, ['gateway', ...segments]);
  const configured = (kind: 'token' | 'password'): boolean => {
    const value = at('auth', kind);
    return (
      refs.some(({ path }) => path === `gateway.auth.${kind}`) ||
      (typeof value === 'string' && usableSecret(value) !== undefined)
    );
  };
  const given = (kind: 'token' | 'password'): boolean =>
    configured(kind) || usableSecret(env[`PLLAN_GATEWAY_${kind.toUpperCase()}`]) !== undefined;
  const overridden = {
    token: usableSecret(flags.token) !== undefined,
    password: usableSecret(flags.password) !== undefined,
  };
  const set = flags.mode ?? (at('auth', 'mode') as AuthMode | undefined);
  return {
    mode: set ?? (overridden.password || given('password') ? 'password' : 'token'),
    modeIsSet: set !== undefined,
    overridden,
    local: { token: given('token'), password: given('password') },
    remote: remoteUse(at),
  };
}

function remoteUse(at: (...segments: string[]) => unknown): string | undefined {
  if (at('mode') === 'remote') return 'gateway.mode is remote';
  const url = at('remote', 'url');
  if (typeof url === 'string' && url.trim() !== '') return 'gateway.remote.url is set';
  const exposure = at('tailscale', 'mode');
  return exposure === 'serve' || exposure === 'funnel' ? `gateway.tailscale.mode is ${exposure}` : undefined;
}

/** `gateway.auth.token` and `.password`. In mode `trusted-proxy` the password is that of local clients. */
function judgeOwn(kind: 'token' | 'password', { mode, modeIsSet, overridden }: GatewayFacts): Verdict {
  if (overridden[kind]) return no(`--${kind} overrides it`);
  const wins = mode === kind || (kind === 'password' && mode === 'trusted-proxy');
  if (wins) return yes(`auth mode is ${mode}`);
  return no(modeIsSet ? `auth mode is ${mode}` : `auth mode is unset and a ${mode} is configured`);
}

function judgeRemote(kind: 'token' | 'password', { mode, local, remote }: GatewayFacts): Verdict {
  if (remote !== undefined) return yes(remote);
  if (mode !== kind) return no(`no remote gateway is configured and auth mode is ${mode}`);
  return local[kind]
    ? no(`no remote gateway is configured and this one has a ${kind} of its own`)
    : yes(`auth mode is ${mode} and nothing else gives a ${kind}`);
}

function isOff(document: unknown, segments: readonly string[]): boolean {
  return valueAt(document, [...segments, 'enabled']) === false;
}
