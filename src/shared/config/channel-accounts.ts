/** The accounts of a config: each with what it says itself, else what its channel says. */
import { formatPath, type ConfigPath } from './path.js';
import type { ChannelId } from './channel-ids.js';
import {
  commonKeys,
  isKnownChannel,
  type AccountKeys,
  type AccountSection,
  type ChannelsConfig,
  type ChannelSection,
} from './channels-schema.js';

/** Of a channel that names no accounts. */
export const ONLY_ACCOUNT = 'default';

export interface ConfiguredAccount {
  readonly channel: ChannelId;
  readonly accountId: string;
  readonly enabled: boolean;
  /** What is for the gateway … */
  readonly common: AccountKeys;
  /** … and what is for the network; empty: there is nothing to connect with. */
  readonly own: Readonly<Record<string, unknown>>;
}

/** The sections of networks, in the order of the config. */
export function channelSections({
  defaults: _defaults,
  ...sections
}: ChannelsConfig): readonly (readonly [ChannelId, ChannelSection])[] {
  return Object.entries(sections) as [ChannelId, ChannelSection][];
}

/** Those of networks that this gateway knows. */
export function knownChannels(channels: ChannelsConfig): ReturnType<typeof channelSections> {
  return channelSections(channels).filter(([id]) => isKnownChannel(id));
}

export function accountsOf(channel: ChannelId, section: ChannelSection): readonly ConfiguredAccount[] {
  const { accounts = {}, defaultAccount: _default, ...shared } = section;
  const all = Object.keys(accounts).length > 0 ? accounts : { [ONLY_ACCOUNT]: {} };
  return Object.entries<AccountSection>(all).map(([accountId, account]) => {
    const merged = Object.entries({ ...shared, ...account });
    const isCommon = ([key]: readonly [string, unknown]): boolean => commonKeys.has(key);
    return {
      channel,
      accountId,
      enabled: section.enabled !== false && account.enabled !== false,
      common: Object.fromEntries(merged.filter(isCommon)),
      own: Object.fromEntries(merged.filter((entry) => !isCommon(entry))),
    };
  });
}

export function defaultAccountOf({ accounts = {}, defaultAccount }: ChannelSection): string {
  const [first = ONLY_ACCOUNT] = Object.keys(accounts);
  return defaultAccount ?? (Object.hasOwn(accounts, ONLY_ACCOUNT) ? ONLY_ACCOUNT : first);
}

/** What is wrong although each key is right. */
export function channelProblems(
  channels: ChannelsConfig = {},
): readonly { readonly at: ConfigPath; readonly message: string }[] {
  return knownChannels(channels).flatMap(([channel, section]) => {
    const at = ['channels', channel];
    const accounts = accountsOf(channel, section);
    const { defaultAccount } = section;
    const isThere = accounts.some(({ accountId }) => accountId === defaultAccount);
    const unknown =
      defaultAccount === undefined || isThere
        ? []
        : [{ at: [...at, 'defaultAccount'], message: `there is no account ${defaultAccount}` }];
    const open = accounts
      .filter(({ common: { dmPolicy, allowFrom = [] } }) => dmPolicy === 'open' && !allowFrom.includes('*'))
      .map(({ accountId }) => {
        const own = section.accounts?.[accountId];
        const isOwn = own?.dmPolicy !== undefined || own?.allowFrom !== undefined;
        return isOwn ? [...at, 'accounts', accountId, 'dmPolicy'] : [...at, 'dmPolicy'];
      });
    const places = new Map(open.map((place) => [formatPath(place), place]));
    const message = 'lets anybody in: "open" needs "*" in allowFrom as well';
    return [...unknown, ...[...places.values()].map((place) => ({ at: place, message }))];
  });
}
