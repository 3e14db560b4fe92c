/** The chat networks that there are. What connects to one is loaded when an account of it is to run. */
import type { ChannelId } from '../../shared/config/channel-ids.js';
import type { Channel } from './channel.js';

export interface ChannelRow {
  readonly id: ChannelId;
  /** For people, as in the channel itself: known before it is loaded. */
  readonly detailLabel: string;
  load(): Promise<Channel>;
}

export const channelRegistry: readonly ChannelRow[] = [
  {
    id: 'irc',
    detailLabel: 'Internet Relay Chat',
    load: async () => (await import('./irc/irc.js')).channel,
  },
  {
    id: 'webhook',
    detailLabel: 'Signed webhook',
    load: async () => (await import('./webhook/webhook.js')).channel,
  },
  {
    id: 'telegram',
    detailLabel: 'Telegram Bot',
    load: async () => (await import('./telegram/telegram.js')).channel,
  },
];
