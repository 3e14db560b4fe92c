/** What whoever operates the gateway may do with an account: `channels.start`, `.stop`, `.logout` (methods.md §8). */
import type { AccountSet } from './accounts/account-set.js';
import type { Supervisor } from './accounts/supervisor.js';

export type CommandOutcome =
  | { readonly outcome: 'done'; readonly accountId: string }
  /** There is no such channel in the config. */
  | { readonly outcome: 'unknown-channel' }
  | { readonly outcome: 'refused'; readonly why: string };

export interface ChannelCommands {
  /** It connects from here on; `accountId` undefined: the default account. */
  startAccount(channel: string, accountId: string | undefined): Promise<CommandOutcome>;
  /** It stays stopped until it is started, or its config changes. */
  stopAccount(channel: string, accountId: string | undefined): Promise<CommandOutcome>;
  /** Stops it, and has its network forget the sign-in. */
  logoutAccount(channel: string, accountId: string | undefined): Promise<CommandOutcome>;
}

export function createChannelCommands(set: Pick<AccountSet, 'find' | 'defaultOf'>): ChannelCommands {
  const withAccount = async (
    channel: string,
    named: string | undefined,
    act: (one: Supervisor) => Promise<string | undefined>,
  ): Promise<CommandOutcome> => {
    const byDefault = set.defaultOf(channel);
    if (byDefault === undefined) return { outcome: 'unknown-channel' };
    const accountId = named ?? byDefault;
    const one = set.find(channel, accountId);
    if (!one) return { outcome: 'refused', why: `unknown account: ${accountId}` };
    const why = await act(one);
    return why === undefined ? { outcome: 'done', accountId } : { outcome: 'refused', why };
  };
  return {
    startAccount: (channel, accountId) =>
      withAccount(channel, accountId, async (one) => {
        if (!one.account.enabled) return `account ${one.account.accountId} is not enabled`;
        if (!one.startable) return `account ${one.account.accountId} is not configured`;
        await one.start();
        return undefined;
      }),
    stopAccount: (channel, accountId) =>
      withAccount(channel, accountId, async (one) => {
        await one.stop('asked');
        return undefined;
      }),
    logoutAccount: (channel, accountId) =>
      withAccount(channel, accountId, async (one) => {
        if (!one.channel.capabilities.logout) return `channel ${channel} does not support logout`;
        await one.stop('asked');
        await one.logout();
        return undefined;
      }),
  };
}
