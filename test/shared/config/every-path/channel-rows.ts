/** `channels.*` (config.md §8). */
import {
  anything,
  below,
  flag,
  list,
  map,
  name,
  nameOrId,
  open,
  section,
  words,
  type Rows,
  type Takes,
} from './row.js';

/** Networks that the gateway knows, with their own keys: anything else in them is an error. */
const known: Readonly<Record<string, Readonly<Record<string, Takes>>>> = {};

const others =
  'discord googlechat imessage irc matrix mattermost msteams signal slack telegram webchat webhook whatsapp'
    .split(' ')
    .filter((id) => !Object.hasOwn(known, id));

const groupPolicy = words('allowlist', 'open', 'disabled');
const account = {
  enabled: flag,
  name,
  dmPolicy: words('pairing', 'allowlist', 'disabled'),
  allowFrom: list,
  'allowFrom[]': nameOrId,
  groupPolicy,
  groups: map,
} as const;
const ofKnown = {
  ...account,
  '': section,
  'groups.*': section,
  'groups.*.enabled': flag,
  'groups.*.requireMention': flag,
  'groups.*.allowFrom': list,
  'groups.*.allowFrom[]': nameOrId,
} as const;
const ofOthers = { ...account, '': open, 'groups.*': anything } as const;

const channelOf = (id: string, keys: Readonly<Record<string, Takes>>, defaultAccount: Takes): Rows => ({
  ...below({ [`channels.${id}`]: 'hot' }, { ...keys, defaultAccount, accounts: map }),
  ...below({ [`channels.${id}.accounts.*`]: 'hot' }, keys),
});

export const channelRows: Rows = {
  ...below(
    { channels: 'hot' },
    {
      '': section,
      defaults: section,
      'defaults.groupPolicy': groupPolicy,
      'defaults.heartbeat': map,
      'defaults.heartbeat.*': anything,
    },
  ),
  ...Object.assign(
    {},
    ...others.map((id) => channelOf(id, ofOthers, name)),
    // It must be one that there is.
    ...Object.entries(known).map(([id, own]) =>
      channelOf(id, { ...ofKnown, ...own }, { good: ['default'], bad: ['', 5, true, [], {}] }),
    ),
  ),
};
