/** `channels.*` (config.md §8). */
import {
  anything,
  below,
  flag,
  like,
  list,
  map,
  name,
  nameOrId,
  open,
  section,
  whole,
  words,
  type Rows,
  type Takes,
} from './row.js';

const ref = { source: 'env', id: 'X' };

const address = like(
  ['https://example.org', 'http://127.0.0.1:8081/api'],
  ['example.org', 'ftp://a.org', 'https://a.org/?b'],
);

/** Networks that the gateway knows, with their own keys: anything else in them is an error. */
const known: Readonly<Record<string, Readonly<Record<string, Takes>>>> = {
  irc: {
    host: like(['irc.example.com', '127.0.0.1', '::1'], ['', 'a b', 'a/b']),
    port: whole(1, 65_535),
    tls: section,
    'tls.enabled': flag,
    'tls.rejectUnauthorized': flag,
    'tls.caPath': like(['/etc/ca.pem'], ['']),
    'tls.serverName': like(['irc.example.com'], ['', 'a b']),
    'tls.certPath': like(['/etc/cert.pem'], ['']),
    'tls.keyPath': like(['/etc/key.pem'], ['']),
    password: like(['pass word', ref], ['', 'a\r\nQUIT']),
    nick: like(['bot', '[bot]'], ['', '9bot', '#bot', 'a b', 'a!b']),
    alternatives: list,
    'alternatives[]': like(['bot_'], ['', 'a b', '9bot']),
    username: like(['bot'], ['', 'a@b', 'a b']),
    realName: like(['A bot'], ['', 'a\nb']),
    account: like(['bot'], ['', 'a b']),
    accountPassword: like(['pass word', ref], ['', 'a\nb']),
    sasl: words('plain', 'external', 'off'),
    nickServ: like(['NickServ', 'NickServ@services.example'], ['', 'a b', ':x']),
    regain: words('regain', 'ghost'),
    pace: section,
    'pace.burst': whole(1, 100),
    'pace.perSecond': { good: [0.1, 1, 1_000], bad: [0, 1_001, '1', true, [], {}] },
  },
  webhook: {
    url: like(
      ['https://example.com/x?y', 'http://10.0.0.1:80'],
      ['', 'example.com', 'ftp://x/', 'https://a:b@x/'],
    ),
    secret: like(['x', 'whsec_AAAA', ref], ['', 'whsec_']),
    previousSecret: like(['x', 'whsec_AAAA', ref], ['', 'whsec_']),
    timeoutMs: whole(1, 50_000),
  },
  telegram: {
    botToken: like(['123456:AA-b_c', ref], ['', 'no/token', 'no token']),
    apiRoot: address,
    webhookUrl: address,
    webhookSecret: like(['A-b_1', ref], ['', 'not so good']),
    streaming: flag,
    parseMode: words('markdown', 'html', 'plain'),
    linkPreview: flag,
  },
};

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
