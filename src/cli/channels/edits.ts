/** What `pllan channels add` and `remove` change in the config. */
import { accountsOf, ONLY_ACCOUNT } from '../../shared/config/channel-accounts.js';
import type { ChannelId } from '../../shared/config/channel-ids.js';
import { commonKeys, type ChannelsConfig, type ChannelSection } from '../../shared/config/channels-schema.js';
import type { Edit } from '../../shared/config/write/edits.js';
import { readConfigPath, readConfigValue } from '../config/edit-config.js';
import { UserError } from '../user-error.js';

/** The key that `--token` is of. */
const tokenKeys: Readonly<Partial<Record<ChannelId, string>>> = {
  telegram: 'botToken',
  irc: 'password',
  webhook: 'secret',
};

/** Without them there is nothing to connect with. */
const neededKeys: Readonly<Partial<Record<ChannelId, readonly string[]>>> = {
  telegram: ['botToken'],
  irc: ['host', 'nick'],
  webhook: ['secret'],
};

/** Those that an account does not have yet. */
export function missingKeys(
  channels: ChannelsConfig,
  { channel, accountId }: { readonly channel: ChannelId; readonly accountId: string | undefined },
): readonly string[] {
  const accounts = accountsOf(channel, channels[channel] ?? {});
  const { own = {} } = accounts.find((one) => one.accountId === (accountId ?? ONLY_ACCOUNT)) ?? {};
  return (neededKeys[channel] ?? []).filter((key) => !Object.hasOwn(own, key));
}

export interface NewAccount {
  readonly channel: ChannelId;
  readonly accountId: string | undefined;
  readonly name: string | undefined;
  readonly token: string | undefined;
  /** `key=value` */
  readonly keys: readonly string[];
}

/** @throws UserError */
export function addEdits(channels: ChannelsConfig, account: NewAccount): readonly Edit[] {
  const { channel, accountId } = account;
  const section = channels[channel] ?? {};
  const names = Object.keys(section.accounts ?? {});
  const isNamed = names.length > 0 || (accountId !== undefined && accountId !== ONLY_ACCOUNT);
  const id = accountId ?? (names.length > 0 ? undefined : ONLY_ACCOUNT);
  if (id === undefined) throw new UserError(`--account is required: channel ${channel} has several`);
  const place = isNamed ? ['channels', channel, 'accounts', id] : ['channels', channel];
  const isNew = isNamed ? !names.includes(id) : channels[channel] === undefined;
  const values = keysOf(account);
  const enabled = isNew || isOff(section, isNamed ? id : undefined);
  return [
    // The account that the channel was by itself stays.
    ...(isNamed && names.length === 0 && hasOwnKeys(section)
      ? [{ path: ['channels', channel, 'accounts', ONLY_ACCOUNT], value: {} }]
      : []),
    ...(isNew && values.length === 0 ? [{ path: place, value: {} }] : []),
    ...values.map(({ path, value }) => ({ path: [...place, ...path], value })),
    ...(enabled ? [{ path: [...place, 'enabled'], value: true }] : []),
  ];
}

function keysOf({ channel, name, token, keys }: NewAccount): { path: Edit['path']; value: unknown }[] {
  const tokenKey = tokenKeys[channel];
  if (token !== undefined && tokenKey === undefined)
    throw new UserError(`channel ${channel} has no token; use --set key=value`);
  return [
    ...(name === undefined ? [] : [{ path: ['name'], value: name }]),
    ...(token === undefined || tokenKey === undefined ? [] : [{ path: [tokenKey], value: token }]),
    ...keys.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UserError(`Invalid --set ${text} (use key=value)`);
      return { path: readConfigPath(text.slice(0, at)), value: readConfigValue(text.slice(at + 1), false) };
    }),
  ];
}

function isOff(section: ChannelSection, accountId: string | undefined): boolean {
  return (accountId === undefined ? section : section.accounts?.[accountId])?.enabled === false;
}

function hasOwnKeys(section: ChannelSection): boolean {
  return Object.keys(section).some((key) => !commonKeys.has(key));
}

export interface OldAccount {
  readonly channel: ChannelId;
  /** Undefined: the whole channel. */
  readonly accountId: string | undefined;
  /** False: it is switched off. */
  readonly deletes: boolean;
}

/** @throws UserError where there is no such account */
export function removeEdits(
  channels: ChannelsConfig,
  { channel, accountId, deletes }: OldAccount,
): readonly Edit[] {
  const section = channels[channel];
  if (!section) throw new UserError(`channel ${channel} is not configured`);
  const names = Object.keys(section.accounts ?? {});
  const isThere = names.length > 0 ? names.includes(accountId ?? '') : accountId === ONLY_ACCOUNT;
  if (accountId !== undefined && !isThere)
    throw new UserError(`channel ${channel} has no account ${accountId}`);
  // Without its last account a channel would be one itself.
  const isWhole = accountId === undefined || names.length <= 1;
  const place = isWhole ? ['channels', channel] : ['channels', channel, 'accounts', accountId];
  if (!deletes) return [{ path: [...place, 'enabled'], value: false }];
  const wasDefault = !isWhole && section.defaultAccount === accountId;
  return [
    { path: place, remove: true },
    ...(wasDefault ? [{ path: ['channels', channel, 'defaultAccount'], remove: true as const }] : []),
  ];
}
