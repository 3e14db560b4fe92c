/** Chat networks as the config has them: each account can connect, once, and messages reach somebody (config.md §8). */
import { isDeepStrictEqual } from 'node:util';
import { agentIds } from '../../../shared/config/agents.js';
import {
  accountsOf,
  channelSections,
  type ConfiguredAccount,
} from '../../../shared/config/channel-accounts.js';
import { isKnownChannel } from '../../../shared/config/channels-schema.js';
import type { LoadedConfig } from '../../../shared/config/load.js';
import { recordOf } from '../../record.js';
import type { Check, Finding } from '../finding.js';

export const channels: Check = {
  section: 'Channels',
  find({ loaded, document }) {
    if (!loaded.ok || loaded.config.gateway.mode !== 'local') return [];
    const sections = channelSections(recordOf(recordOf(document).channels));
    const accounts = sections.flatMap(([channel, section]) => accountsOf(channel, section));
    const known = accounts.filter(({ channel, enabled }) => enabled && isKnownChannel(channel));
    return [
      ...known.filter(({ own }) => Object.keys(own).length === 0).map(withoutCredential),
      ...twice(known),
      ...bindingFindings(loaded, accounts),
    ];
  },
};

function withoutCredential({ channel, accountId }: ConfiguredAccount): Finding {
  return {
    code: 'channel-unconfigured',
    level: 'warn',
    message: `Account ${accountId} of channels.${channel} has nothing to connect with.`,
    advice: `pllan channels add --channel ${channel} --account ${accountId} …, or: pllan channels remove --channel ${channel} --account ${accountId}`,
  };
}

/** Networks end one of two connections of the same account, and again the other one. */
function twice(accounts: readonly ConfiguredAccount[]): readonly Finding[] {
  return accounts.flatMap((account, index): Finding[] => {
    const { channel, accountId, own } = account;
    const first = accounts
      .slice(0, index)
      .find((other) => other.channel === channel && isSame(other.own, own));
    if (!first) return [];
    return [
      {
        code: 'channel-same-credential',
        level: 'error',
        message: `Accounts ${first.accountId} and ${accountId} of channels.${channel} are the same: only one of them can be connected.`,
        advice: `pllan channels remove --channel ${channel} --account ${accountId}`,
      },
    ];
  });
}

function isSame(a: ConfiguredAccount['own'], b: ConfiguredAccount['own']): boolean {
  if (Object.keys(a).length === 0) return false;
  return a.botToken === undefined ? isDeepStrictEqual(a, b) : isDeepStrictEqual(a.botToken, b.botToken);
}

function bindingFindings(
  { config }: LoadedConfig,
  accounts: readonly ConfiguredAccount[],
): readonly Finding[] {
  const agents = agentIds(config.agents.list);
  return config.bindings.flatMap(({ agentId, match }, index): Finding[] => {
    const at = `bindings[${index}]`;
    const advice = `Mend it, or: pllan config unset ${at}`;
    const { channel, accountId: named } = match;
    const accountId = named === '*' ? undefined : named;
    const account = accountId === undefined ? 'account' : `account ${accountId}`;
    const isThere = accounts.some(
      (one) => one.channel === channel && (!accountId || one.accountId === accountId),
    );
    return [
      ...(agents.includes(agentId.toLowerCase())
        ? []
        : [
            {
              code: 'binding-agent-missing',
              level: 'warn',
              message: `${at} is for agent ${agentId}, and there is none.`,
              advice,
            } as const,
          ]),
      ...(isThere
        ? []
        : [
            {
              code: 'binding-account-missing',
              level: 'warn',
              message: `${at} matches nothing: there is no ${account} of channels.${channel}.`,
              advice,
            } as const,
          ]),
    ];
  });
}
