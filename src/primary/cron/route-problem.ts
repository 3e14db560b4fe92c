/** Whether what a job says could ever arrive, by the config as it is (methods.md §9, `delivery` and `failureAlert`). */
import { accountsOf, knownChannels } from '../../shared/config/channel-accounts.js';
import { isKnownChannel, type ChannelsConfig } from '../../shared/config/channels-schema.js';
import { channelIds } from '../../shared/config/channel-ids.js';
import type { CronJob, CronRoute } from '../../shared/store/cron-records.js';

/** What there is to change; undefined for nothing. An account that is disabled may be enabled again. */
export function routeProblem(
  { payload, delivery, failureAlert }: Pick<CronJob, 'payload' | 'delivery' | 'failureAlert'>,
  channels: ChannelsConfig,
): string | undefined {
  // What a system event brings about is a turn of another run, or comes much later.
  if (delivery?.mode === 'announce' && payload.kind === 'systemEvent')
    return 'delivery.mode "announce" needs payload.kind "agentTurn"';
  const announced = delivery?.mode === 'announce' ? problemOf('delivery', delivery, channels) : undefined;
  if (announced !== undefined || !failureAlert || failureAlert.mode === 'webhook') return announced;
  return problemOf('failureAlert', failureAlert, channels);
}

function problemOf(field: string, { channel: named, accountId }: CronRoute, channels: ChannelsConfig) {
  const channel = named?.trim().toLowerCase() ?? 'last';
  if (channel === 'last' || channel === 'owner') return undefined;
  if (!isKnownChannel(channel)) {
    const known = channelIds.filter(isKnownChannel).join(', ');
    return `${field}.channel "${named}" is no channel that can be sent to: use last, owner or one of ${known}`;
  }
  const section = knownChannels(channels).find(([id]) => id === channel)?.[1];
  if (!section)
    return `${field}.channel "${channel}" is not configured: run pllan channels add --channel ${channel}`;
  const accounts = accountsOf(channel, section).map((account) => account.accountId);
  if (accountId === undefined || accounts.includes(accountId)) return undefined;
  return `${field}.accountId "${accountId}" is no account of ${channel}: it has ${accounts.join(', ')}`;
}
