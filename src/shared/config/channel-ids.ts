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

/** For people. */
export const channelLabels: Readonly<Record<ChannelId, string>> = {
  discord: 'Discord',
  googlechat: 'Google Chat',
  imessage: 'iMessage',
  irc: 'IRC',
  matrix: 'Matrix',
  mattermost: 'Mattermost',
  msteams: 'Microsoft Teams',
  signal: 'Signal',
  slack: 'Slack',
  telegram: 'Telegram',
  webchat: 'Web chat',
  webhook: 'Webhook',
  whatsapp: 'WhatsApp',
};

/** Where heartbeats go: to the owner, to whoever wrote last, nowhere, or to a channel. */
export const heartbeatTargets = ['owner', 'last', 'none', ...channelIds] as const;
