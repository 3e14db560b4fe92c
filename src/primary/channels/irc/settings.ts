/** An account's config with its defaults; made once, so that nothing inside is optional that need not be. */
import type { IrcConfig } from '../../../shared/channels/irc/config.js';
import { ChannelError } from '../channel.js';
import { ircLimits } from './limits.js';

export interface IrcSettings {
  readonly host: string;
  readonly port: number;
  /** Undefined: without TLS. */
  readonly tls: (Required<Pick<Tls, 'rejectUnauthorized'>> & Omit<Tls, 'enabled'>) | undefined;
  readonly password: string | undefined;
  readonly nick: string;
  readonly alternatives: readonly string[];
  readonly username: string;
  readonly realName: string;
  readonly account: string;
  readonly accountPassword: string | undefined;
  readonly sasl: 'plain' | 'external' | 'off';
  readonly nickServ: string | undefined;
  readonly regain: 'regain' | 'ghost' | undefined;
  readonly pace: { readonly burst: number; readonly perSecond: number };
}

type Tls = NonNullable<IrcConfig['tls']>;

/** @throws ChannelError for what cannot work */
export function settingsOf(config: IrcConfig): IrcSettings {
  const { host, nick, accountPassword, nickServ, pace = {} } = config;
  if (host === undefined) throw missing('host');
  if (nick === undefined) throw missing('nick');
  const { enabled = true, rejectUnauthorized = true, ...tls } = config.tls ?? {};
  const sasl = config.sasl ?? (accountPassword === undefined ? 'off' : 'plain');
  if (sasl === 'plain' && accountPassword === undefined) throw missing('accountPassword', 'sasl "plain"');
  if (sasl === 'external' && (!enabled || tls.certPath === undefined))
    throw missing('tls.certPath', 'sasl "external"');
  if (config.regain !== undefined && (nickServ === undefined || accountPassword === undefined))
    throw missing('nickServ and accountPassword', 'regain');
  return {
    host,
    port: config.port ?? (enabled ? 6697 : 6667),
    tls: enabled ? { ...tls, rejectUnauthorized } : undefined,
    password: config.password,
    nick,
    alternatives: config.alternatives ?? [`${nick}_`, `${nick}__`],
    username: config.username ?? nick,
    realName: config.realName ?? nick,
    account: config.account ?? nick,
    accountPassword,
    sasl,
    nickServ,
    regain: config.regain,
    pace: { burst: pace.burst ?? ircLimits.burst, perSecond: pace.perSecond ?? ircLimits.perSecond },
  };
}

function missing(key: string, for_?: string): ChannelError {
  return new ChannelError('refused', for_ === undefined ? `${key} is not set` : `${for_} needs ${key}`);
}
