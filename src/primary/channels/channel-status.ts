/** What is told of channels: `channels.status`, and their part of `health` and `status` (methods.md §2, §8). */
import { channelLabels } from '../../shared/config/channel-ids.js';
import type { PlacedRef } from '../../shared/secrets/config-refs.js';
import { toError } from '../../shared/to-error.js';
import type { AccountName, DeliveryCounts } from '../store/channel-store.js';
import type { AccountSet } from './accounts/account-set.js';
import type { Probes } from './accounts/probes.js';
import type { ChannelRow } from './registry.js';
import { accountRow, channelRow, channelState } from './accounts/rows.js';
import type { Supervisor } from './accounts/supervisor.js';

export interface ChannelStatusOptions {
  readonly set: Pick<AccountSet, 'rows' | 'of' | 'defaultOf'>;
  readonly probes: Probes;
  refs(): readonly PlacedRef[];
  /** What goes out on an account. */
  deliveries(account: AccountName): Promise<DeliveryCounts>;
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface StatusRequest {
  /** Milliseconds that each network has to answer in; undefined: none is asked. */
  readonly probeMs: number | undefined;
  /** This channel only. */
  readonly channel: string | undefined;
}

export interface ChannelStatus {
  /** Undefined for a channel that the config does not have. */
  status(request: StatusRequest): Promise<object | undefined>;
  /** Part of the health snapshot. */
  health(): ChannelsHealth;
  /** Asks all networks for it; false where there was no need. */
  probeForHealth: Probes['forHealth'];
  /** `Telegram: connected`. */
  summary(): readonly string[];
  /** The first channel that is configured; undefined: there is none. */
  linked(): LinkedChannel | undefined;
}

export interface LinkedChannel {
  readonly id: string;
  readonly label: string;
  readonly linked: boolean;
  /** Since it has connected last. */
  readonly authAgeMs?: number;
}

export interface ChannelsHealth {
  readonly channels: Readonly<Record<string, object>>;
  readonly channelOrder: readonly string[];
  readonly channelLabels: Readonly<Record<string, string>>;
}

export function createChannelStatus(options: ChannelStatusOptions): ChannelStatus {
  const { set, probes, refs, deliveries, now } = options;
  const accountRows = (accounts: readonly Supervisor[]): readonly object[] =>
    accounts.map((one) => accountRow(one, refs(), now()));
  const defaultOf = (id: string): string => set.defaultOf(id) ?? '';
  return {
    async status({ probeMs, channel }) {
      const shown = channel === undefined ? set.rows : set.rows.filter(({ id }) => id === channel);
      if (channel !== undefined && shown.length === 0) return undefined;
      if (probeMs !== undefined)
        await probes.all(
          shown.flatMap(({ id }) => set.of(id)),
          probeMs,
        );
      const warnings: string[] = [];
      const build = async (row: ChannelRow) => {
        const own = set.of(row.id);
        const names = own.map(({ account: { channel: id, accountId } }) => ({ channel: id, accountId }));
        const counts = await Promise.all(names.map(deliveries));
        const accounts = accountRows(own).map((entry, at) => ({ ...entry, deliveries: counts[at] }));
        return { row, channel: channelRow(own, defaultOf(row.id), refs()), accounts };
      };
      const rows = await Promise.all(
        shown.map((row) =>
          build(row).catch((caught: unknown) => {
            warnings.push(`${row.id}: ${toError(caught).message}`);
            return [];
          }),
        ),
      );
      const built = rows.flat();
      const byId = <T>(value: (entry: (typeof built)[number]) => T): Record<string, T> =>
        Object.fromEntries(built.map((entry) => [entry.row.id, value(entry)]));
      return {
        ts: now(),
        channelOrder: built.map(({ row }) => row.id),
        channelLabels: byId(({ row: { id } }) => channelLabels[id]),
        channelDetailLabels: byId(({ row }) => row.detailLabel),
        channelMeta: built.map(({ row: { id, detailLabel } }) => ({
          id,
          label: channelLabels[id],
          detailLabel,
        })),
        channels: byId((entry) => entry.channel),
        channelAccounts: byId(({ accounts }) => accounts),
        channelDefaultAccountId: byId(({ row }) => defaultOf(row.id)),
        ...(warnings.length > 0 ? { partial: true, warnings } : {}),
      };
    },
    health() {
      const entries = set.rows.map(({ id }) => {
        const accounts = set.of(id);
        const rows = accountRows(accounts);
        const byAccount = Object.fromEntries(
          accounts.map(({ account }, at) => [account.accountId, rows[at] ?? {}]),
        );
        return { id, block: { ...channelRow(accounts, defaultOf(id), refs()), accounts: byAccount } };
      });
      return {
        channels: Object.fromEntries(entries.map(({ id, block }) => [id, block])),
        channelOrder: entries.map(({ id }) => id),
        channelLabels: Object.fromEntries(entries.map(({ id }) => [id, channelLabels[id]])),
      };
    },
    probeForHealth: probes.forHealth,
    linked() {
      const row = set.rows.find(({ id }) => set.of(id).some(({ startable }) => startable));
      if (!row) return undefined;
      const times = set.of(row.id).flatMap(({ facts }) => facts.lastConnectedAt ?? []);
      const authAgeMs = times.length === 0 ? {} : { authAgeMs: Math.max(0, now() - Math.max(...times)) };
      return { id: row.id, label: channelLabels[row.id], linked: true, ...authAgeMs };
    },
    summary: () => set.rows.map(({ id }) => `${channelLabels[id]}: ${channelState(set.of(id))}`),
  };
}
