/** Chat networks that a config may name (config.md §8). */
export const channelIds = [
  'discord',
  'googlechat',
  'imessage',
  'irc',
  'matrix',
  'mattermost',
  'msteams',
  'signal',
  'slack',
  'telegram',
  'webchat',
  'webhook',
  'whatsapp',
] as const;

export type ChannelId = (typeof channelIds)[number];

/** Where heartbeats go: to the owner, to whoever wrote last, nowhere, or to a channel. */
export const heartbeatTargets = ['owner', 'last', 'none', ...channelIds] as const;
