/** What the config file says of channels, for commands that ask no gateway. */
import { accountsOf, channelSections } from '../../shared/config/channel-accounts.js';
import { channelIds, channelLabels, type ChannelId } from '../../shared/config/channel-ids.js';
import { isKnownChannel, type ChannelsConfig } from '../../shared/config/channels-schema.js';
import { loadSource, type LoadedConfig } from '../../shared/config/load.js';
import { valueOf } from '../../shared/config/read/node.js';
import { readSource } from '../../shared/config/read/source.js';
import type { CommandContext } from '../command.js';
import { invalidConfig } from '../config/require-valid.js';
import { recordOf } from '../record.js';
import { UserError } from '../user-error.js';

export interface ListedAccount {
  readonly channel: ChannelId;
  readonly label: string;
  readonly accountId: string;
  readonly name: string | undefined;
  readonly enabled: boolean;
  /** There is something to connect with. */
  readonly configured: boolean;
  /** The gateway knows the network. */
  readonly known: boolean;
}

export interface ListedChannels {
  readonly loaded: LoadedConfig;
  /** As it is written: references stand where their values will be. */
  readonly channels: ChannelsConfig;
  readonly accounts: readonly ListedAccount[];
}

/** @throws UserError for a config that is none */
export function readChannels({ env, paths }: Pick<CommandContext, 'env' | 'paths'>): ListedChannels {
  const place = { path: paths.configPath, env };
  const loaded = loadSource(readSource(place), { ...place, askLoginShell: () => ({}) });
  if (!loaded.ok) throw invalidConfig({ path: place.path, issues: loaded.issues }, paths.home);
  const channels = recordOf(recordOf(valueOf(loaded.source.root)).channels) as ChannelsConfig;
  const accounts = channelSections(channels).flatMap(([channel, section]) =>
    accountsOf(channel, section).map(({ accountId, enabled, common, own }) => ({
      channel,
      label: channelLabels[channel],
      accountId,
      name: common.name,
      enabled,
      configured: Object.keys(own).length > 0,
      known: isKnownChannel(channel),
    })),
  );
  return { loaded, channels, accounts };
}

/** Also a network that the gateway does not know, if the config has it. @throws UserError */
export function requireConfigured(named: string | undefined, channels: ChannelsConfig): ChannelId {
  const id = channelIds.find((one) => one === named?.trim().toLowerCase());
  return id !== undefined && channels[id] ? id : requireChannel(named);
}

/** @throws UserError for a network that the gateway does not know */
export function requireChannel(named: string | undefined): ChannelId {
  if (named === undefined || named.trim() === '') throw new UserError('--channel is required');
  const id = named.trim().toLowerCase();
  if (isKnownChannel(id)) return id;
  const known = channelIds.filter(isKnownChannel);
  throw new UserError(
    `unknown channel: ${named}`,
    known.length > 0 ? [`There are ${known.join(', ')}.`] : [],
  );
}
