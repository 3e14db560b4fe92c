/** Accounts for people (cli.md §9). What a gateway says may be anything: what is not there is left out. */
import { formatAge } from '../output/age.js';
import { plainText } from '../output/plain-text.js';
import type { Style } from '../output/style.js';
import { numberOf, recordOf, recordsOf, textOf, textsOf, type Facts } from '../record.js';
import type { ListedAccount } from './configured.js';

export const TIP =
  'Tip: pllan status --deep adds gateway health probes to status output (requires a reachable gateway).';
export const NO_CHANNELS =
  'No channels configured. Add one: pllan channels add --channel <id> --token <token>';

/** `- Telegram default: enabled, configured, running, connected, in:2m ago, mode:polling, works` */
export function statusLines(status: unknown, style: Style, nowMs: number): string[] {
  const { channelOrder, channelLabels, channelAccounts, warnings } = recordOf(status);
  const labels = recordOf(channelLabels);
  const accounts = recordOf(channelAccounts);
  const lines = textsOf(channelOrder).flatMap((id) =>
    recordsOf(accounts[id]).map((account) => {
      const label = plainText(textOf(labels[id]) ?? id);
      return `- ${label} ${nameOf(account)}: ${bits(account, style, nowMs).join(', ')}`;
    }),
  );
  const told = textsOf(warnings).map((warning) => `- ${style.warn(plainText(warning))}`);
  return [
    ...(lines.length > 0 ? lines : [NO_CHANNELS]),
    ...(told.length > 0 ? ['', 'Warnings:', ...told] : []),
    '',
    TIP,
  ];
}

function nameOf({ accountId, name }: Facts): string {
  const id = plainText(textOf(accountId) ?? '?');
  const own = textOf(name);
  return own === undefined ? id : `${id} (${plainText(own)})`;
}

function bits(account: Facts, style: Style, nowMs: number): string[] {
  const isUsed = account.enabled !== false && account.configured !== false;
  const ago = (label: string, at: unknown): string[] => {
    const ms = numberOf(at);
    return ms === undefined ? [] : [`${label}:${formatAge(Math.max(0, nowMs - ms))} ago`];
  };
  const told = (label: string, value: unknown): string[] => {
    const text = textOf(value);
    return text === undefined ? [] : [`${label}:${plainText(text)}`];
  };
  const attempts = numberOf(account.reconnectAttempts) ?? 0;
  return [
    account.enabled === false ? style.warn('disabled') : 'enabled',
    account.configured === false ? style.warn('not configured') : 'configured',
    ...(isUsed ? [account.running === true ? 'running' : style.warn('stopped')] : []),
    ...(isUsed && account.running === true
      ? [account.connected === true ? style.good('connected') : style.warn('disconnected')]
      : []),
    ...(attempts > 0 ? [`attempts:${attempts}`] : []),
    ...ago('in', account.lastInboundAt),
    ...ago('out', account.lastOutboundAt),
    ...told('mode', account.mode),
    ...deliveryBits(recordOf(account.deliveries), style),
    ...told('error', account.lastError).map((bit) => style.bad(bit)),
    ...probeBits(account, style),
  ];
}

/** Parts of answers that have not gone out, or may not have. */
function deliveryBits({ waiting, failed, unknown }: Facts, style: Style): string[] {
  const lost = (numberOf(failed) ?? 0) + (numberOf(unknown) ?? 0);
  const count = numberOf(waiting) ?? 0;
  return [
    ...(count > 0 ? [style.warn(`waiting:${count}`)] : []),
    ...(lost > 0 ? [style.bad(`unsent:${lost}`)] : []),
  ];
}

/** Nothing of a probe that an earlier connection had. */
function probeBits({ probe, lastProbeAt, lastStartAt, lastConnectedAt }: Facts, style: Style): string[] {
  const at = numberOf(lastProbeAt);
  if (at !== undefined && [lastStartAt, lastConnectedAt].some((since) => at < (numberOf(since) ?? at)))
    return [];
  const { ok, error } = recordOf(probe);
  if (ok === true) return [style.good('works')];
  return ok === false ? [style.bad(`probe failed (${plainText(textOf(error) ?? 'unknown error')})`)] : [];
}

/** The same from the config alone. */
export function configuredLines(accounts: readonly ListedAccount[]): string[] {
  if (accounts.length === 0) return [NO_CHANNELS];
  return accounts.map(({ label, accountId, name, enabled, configured, known }) => {
    const facts = [
      enabled ? 'enabled' : 'disabled',
      configured ? 'configured' : 'not configured',
      ...(known ? [] : ['this gateway does not know the network']),
    ];
    return `- ${label} ${nameOf({ accountId, name })}: ${facts.join(', ')}`;
  });
}

/** For the table of `pllan status`, from a health snapshot. */
export interface ChannelLine {
  readonly channel: string;
  readonly enabled: string;
  readonly state: string;
  readonly detail: string;
}

export function channelTable(health: unknown): ChannelLine[] {
  const { channels, channelOrder, channelLabels } = recordOf(health);
  const blocks = recordOf(channels);
  return textsOf(channelOrder).flatMap((id) =>
    Object.values(recordOf(recordOf(blocks[id]).accounts)).map((value): ChannelLine => {
      const account = recordOf(value);
      const { lastError, mode } = account;
      return {
        channel: `${plainText(textOf(recordOf(channelLabels)[id]) ?? id)} ${nameOf(account)}`,
        enabled: account.enabled === false ? 'no' : 'yes',
        state: stateOf(account),
        detail: plainText(textOf(lastError) ?? textOf(mode) ?? ''),
      };
    }),
  );
}

function stateOf({ configured, running, connected }: Facts): string {
  if (configured === false) return 'not configured';
  if (connected === true) return 'connected';
  return running === true ? 'not connected' : 'stopped';
}
