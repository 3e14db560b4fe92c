/** Who is heard on an account, from its part of the config (config.md §8). */
import type { AccountKeys, ChannelsConfig } from '../../../shared/config/channels-schema.js';
import type { AccountPolicy } from '../accounts.js';

export function policyOf(
  { dmPolicy, allowFrom, groupPolicy, groups }: AccountKeys,
  defaults: ChannelsConfig['defaults'] = {},
): AccountPolicy {
  const groupEntries = Object.entries(groups ?? {}).map(
    ([id, { enabled = true, requireMention = true, allowFrom: senders }]) =>
      [id, { enabled, requireMention, allowFrom: senders?.map(String) }] as const,
  );
  return {
    dmPolicy: dmPolicy ?? 'pairing',
    allowFrom: (allowFrom ?? []).map(String),
    groupPolicy: groupPolicy ?? defaults.groupPolicy ?? 'allowlist',
    groups: new Map(groupEntries),
  };
}
