/**
 * The accounts of the config, each with its supervisor. After a change of the config only those are restarted whose
 * connection it touches; who is heard on them changes without that.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  accountsOf,
  channelSections,
  defaultAccountOf,
  type ConfiguredAccount,
} from '../../../shared/config/channel-accounts.js';
import { channelLabels } from '../../../shared/config/channel-ids.js';
import type { ChannelsConfig } from '../../../shared/config/channels-schema.js';
import type { Logger } from '../../../shared/log/logger.js';
import { toError } from '../../../shared/to-error.js';
import type { Accounts } from '../accounts.js';
import { ChannelError, type Channel } from '../channel.js';
import { accountLimits } from '../limits.js';
import type { ChannelRow } from '../registry.js';
import { policyOf } from './policy.js';
import { createSupervisor, type Supervisor, type SupervisorServices } from './supervisor.js';
import { within } from './within.js';

export interface AccountSetOptions {
  readonly registry: readonly ChannelRow[];
  channels(): ChannelsConfig;
  services(channel: string, accountId: string): SupervisorServices;
  readonly log: Logger;
}

export interface AccountSet {
  /** In the order of the config. */
  readonly all: readonly Supervisor[];
  readonly rows: readonly ChannelRow[];
  of(channel: string): readonly Supervisor[];
  find(channel: string, accountId: string): Supervisor | undefined;
  defaultOf(channel: string): string | undefined;
  /** As others see it. */
  readonly accounts: Accounts;
  /** Makes the config of now count. @param starts whether what is enabled is started */
  apply(starts: boolean): Promise<void>;
  stop(): Promise<void>;
}

export function createAccountSet({ registry, channels, services, log }: AccountSetOptions): AccountSet {
  const supervisors = new Map<string, Supervisor>();
  const loaded = new Map<string, Promise<Channel>>();
  let rows: readonly ChannelRow[] = [];
  let defaults: ReadonlyMap<string, string> = new Map();
  let turns: Promise<void> = Promise.resolve();
  let stopped = false;

  const keyOf = (channel: string, accountId: string): string => `${channel}\0${accountId}`;
  const find = (channel: string, accountId: string): Supervisor | undefined =>
    supervisors.get(keyOf(channel, accountId));
  const of = (channel: string): readonly Supervisor[] =>
    [...supervisors.values()].filter((one) => one.account.channel === channel);
  const load = (row: ChannelRow): Promise<Channel> => {
    const known = loaded.get(row.id);
    if (known) return known;
    const channel = within(accountLimits.loadMs, () => row.load()).catch((caught: unknown) => {
      const { message } = toError(caught);
      log.error('channel.load', `${row.id} cannot be loaded: ${message}`);
      return unusable(row, message);
    });
    loaded.set(row.id, channel);
    return channel;
  };

  const make = async (row: ChannelRow, account: ConfiguredAccount, starts: boolean): Promise<void> => {
    const { channel, accountId } = account;
    const policy = policyOf(account.common, channels().defaults);
    const one = find(channel, accountId);
    if (!one) {
      const isUsed = account.enabled && Object.keys(account.own).length > 0;
      const code = isUsed ? await load(row) : unusable(row, 'it is not configured');
      if (stopped) return;
      const made = createSupervisor(code, { account, policy }, services(channel, accountId));
      supervisors.set(keyOf(channel, accountId), made);
      if (starts) await made.start();
      return;
    }
    const before = one.account;
    const wasStartable = one.startable;
    one.use(account, policy);
    if (!one.startable) return wasStartable ? one.stop(undefined) : undefined;
    if (!wasStartable) {
      // It had nothing to be loaded for.
      supervisors.delete(keyOf(channel, accountId));
      return make(row, account, starts);
    }
    if (isDeepStrictEqual(before.own, account.own)) return;
    if (starts || one.facts.phase !== 'off') await one.restart('its config has changed');
  };

  const apply = async (starts: boolean): Promise<void> => {
    if (stopped) return;
    const known = channelSections(channels()).flatMap(([id, section]) => {
      const row = registry.find((candidate) => candidate.id === id);
      return row ? [{ row, section, accounts: accountsOf(id, section) }] : [];
    });
    const wanted = new Map(
      known.flatMap(({ row, accounts }) =>
        accounts.map((account) => [keyOf(row.id, account.accountId), { row, account }] as const),
      ),
    );
    const gone = [...supervisors].filter(([key]) => !wanted.has(key));
    for (const [key] of gone) supervisors.delete(key);
    rows = known.map(({ row }) => row);
    defaults = new Map(known.map(({ row, section }) => [row.id, defaultAccountOf(section)]));
    await Promise.all([
      ...gone.map(([, one]) => one.stop(undefined)),
      ...[...wanted.values()].map(({ row, account }) => make(row, account, starts)),
    ]);
    const inOrder = [...wanted.keys()].flatMap((key) => {
      const one = supervisors.get(key);
      return one ? [[key, one] as const] : [];
    });
    supervisors.clear();
    for (const [key, one] of inOrder) supervisors.set(key, one);
  };
  return {
    get all() {
      return [...supervisors.values()];
    },
    get rows() {
      return rows;
    },
    of,
    find,
    defaultOf: (channel) => defaults.get(channel),
    accounts: {
      find(channel, accountId) {
        const one = find(channel, accountId);
        return one?.account.enabled === true ? one.running : undefined;
      },
      defaultOf: (channel) => defaults.get(channel),
      get channels() {
        return rows.map(({ id }) => id);
      },
    },
    apply(starts) {
      // One that failed keeps none after it from counting.
      const turn = (): Promise<void> => apply(starts);
      turns = turns.then(turn, turn);
      return turns;
    },
    async stop() {
      stopped = true;
      await Promise.all([...supervisors.values()].map((one) => one.stop(undefined)));
    },
  };
}

/** In the place of a network that cannot be used: its accounts say why. */
function unusable({ id, detailLabel }: ChannelRow, why: string): Channel {
  const none = { typing: false, edits: false, media: false, threads: false, groups: false, logout: false };
  return {
    id,
    label: channelLabels[id],
    detailLabel,
    capabilities: none,
    open() {
      throw new ChannelError('refused', why);
    },
  };
}
