/** What those who move messages see of the accounts that their supervisor keeps running. */
import type { InboundMessage } from './channel.js';
import type { Channel, ChannelAccount } from './channel.js';

/** The keys that mean the same in all channels (config.md §8); an account's own, else its channel's. */
export interface AccountPolicy {
  readonly dmPolicy: 'pairing' | 'allowlist' | 'open' | 'disabled';
  readonly allowFrom: readonly string[];
  readonly groupPolicy: 'allowlist' | 'open' | 'disabled';
  /** By group id, `*` for any other. */
  readonly groups: ReadonlyMap<string, GroupPolicy>;
}

export interface GroupPolicy {
  readonly enabled: boolean;
  readonly requireMention: boolean;
  readonly allowFrom: readonly string[] | undefined;
}

export interface RunningAccount {
  readonly channel: Channel;
  readonly accountId: string;
  /** Another one after a restart of the account: not to be kept. Nothing that is asked of it hangs. */
  readonly account: ChannelAccount;
  /** As of now: an edit that only changes it restarts nothing. */
  policy(): AccountPolicy;
  readonly connected: boolean;
}

export interface Accounts {
  /** Of those that are enabled, also while one reconnects. */
  find(channel: string, accountId: string): RunningAccount | undefined;
  defaultOf(channel: string): string | undefined;
  /** In the order of the config. */
  readonly channels: readonly string[];
}

/** What the supervisor tells of its accounts. */
export interface AccountObserver {
  /** Resolves when the message is on disk or is not for an agent. @throws when it cannot be taken now */
  inbound(from: RunningAccount, message: InboundMessage): Promise<void>;
  /** What waits for it can go. */
  connected(account: RunningAccount): void;
}
