/**
 * `channels` of the config (config.md §8): chat networks and the gateway's accounts in them. What an account does not say
 * its channel says. Networks that this gateway knows are checked to the last key; of others nothing has an effect.
 */
import * as v from 'valibot';
import { ircKeys } from '../channels/irc/config.js';
import { telegramKeys } from '../channels/telegram/config.js';
import { webhookKeys } from '../channels/webhook/config.js';
import { about, compile } from '../schema.js';
import { channelIds, type ChannelId } from './channel-ids.js';

const optional = v.exactOptional;
const text = v.pipe(v.string(), v.minLength(1));
const senders = v.array(v.union([v.string(), v.number()]));

/** What each network has beside the keys that mean the same in all. One without any is not known yet. */
const ownKeys: Readonly<Partial<Record<ChannelId, v.ObjectEntries>>> = {
  irc: ircKeys,
  telegram: telegramKeys,
  webhook: webhookKeys,
};

export const groupPolicies = ['allowlist', 'open', 'disabled'] as const;

const Group = v.strictObject({
  enabled: optional(about('false: nothing of it is heard.', v.boolean())),
  requireMention: optional(about('Only what names the agent or answers it is for it (true).', v.boolean())),
  allowFrom: optional(about('Who is heard in it; everybody in it when not set.', senders)),
});

/** They decide who is heard, and no connection depends on them. */
const policyKeys = {
  dmPolicy: optional(
    about(
      'Who may write to it directly: who has been approved (`pairing`, the default), who is in `allowFrom`, anybody (`open`, with `*` in `allowFrom`), nobody.',
      v.picklist(['pairing', 'allowlist', 'open', 'disabled']),
    ),
  ),
  allowFrom: optional(about('Ids of people who may write to it; `*` for anybody.', senders)),
  groupPolicy: optional(
    about(
      'Which groups it answers in: those of `groups` (`allowlist`, the default), any (`open`), none.',
      v.picklist(groupPolicies),
    ),
  ),
  groups: optional(
    about('Groups by their id, `*` for those without an entry of their own.', v.record(text, Group)),
  ),
};

const accountKeys = {
  enabled: optional(v.boolean()),
  name: optional(about('What people call it.', text)),
  ...policyKeys,
};

const AccountId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/));
const defaultAccount = optional(
  about('The account that is meant where none is named; else `default`, else the first.', text),
);

function knownChannel(own: v.ObjectEntries) {
  const Account = v.strictObject({ ...accountKeys, ...own });
  return v.strictObject({
    ...accountKeys,
    ...own,
    defaultAccount,
    accounts: optional(
      about('By their id; without any there is one, `default`.', v.record(AccountId, Account)),
    ),
  });
}

const otherKeys = { ...accountKeys, groups: optional(v.record(v.string(), v.unknown())) };
const OtherChannel = v.looseObject({
  ...otherKeys,
  defaultAccount,
  accounts: optional(v.record(text, v.looseObject(otherKeys))),
});

export function isKnownChannel(id: string): id is ChannelId {
  return Object.keys(ownKeys[id as ChannelId] ?? {}).length > 0;
}

export const Channels = compile(
  v.strictObject({
    defaults: optional(
      v.strictObject({
        groupPolicy: optional(about('For channels that have none.', v.picklist(groupPolicies))),
        heartbeat: optional(
          about(
            'With `showOk`, `showAlerts` and `useIndicator` all false there are no heartbeats.',
            v.record(v.string(), v.unknown()),
          ),
        ),
      }),
    ),
    ...Object.fromEntries(
      channelIds.map((id) => [
        id,
        optional(isKnownChannel(id) ? knownChannel(ownKeys[id] ?? {}) : OtherChannel),
      ]),
    ),
  }),
);

export type AccountKeys = {
  readonly [K in keyof typeof accountKeys]?: v.InferOutput<(typeof accountKeys)[K]>;
};

/** An account's part of the config: what is said here is the same everywhere, the rest is its network's. */
export type AccountSection = AccountKeys & Readonly<Record<string, unknown>>;

export type ChannelSection = AccountSection & {
  readonly defaultAccount?: string;
  readonly accounts?: Readonly<Record<string, AccountSection>>;
};

export type ChannelsConfig = Readonly<Partial<Record<ChannelId, ChannelSection>>> & {
  readonly defaults?: {
    readonly groupPolicy?: (typeof groupPolicies)[number];
    readonly heartbeat?: Readonly<Record<string, unknown>>;
  };
};

/** Keys of which the network itself knows nothing. */
export const commonKeys: ReadonlySet<string> = new Set([
  ...Object.keys(accountKeys),
  'accounts',
  'defaultAccount',
]);
