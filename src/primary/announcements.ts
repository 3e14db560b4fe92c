/** Where something goes that the gateway says of its own accord. */
import type { SessionKey } from '../shared/store/records.js';
import type { Route } from './channels/channel.js';
import type { Deliveries } from './channels/deliveries.js';

/** As a job or a heartbeat asks for it. */
export interface WantedRoute {
  /** `owner`: the owner's direct chat; `last`: where the session's last conversation outside was; or a channel. */
  readonly channel: string;
  readonly to?: string | undefined;
  readonly accountId?: string | undefined;
  readonly threadId?: string | undefined;
  readonly key: SessionKey;
}

/** Text says why there is none. */
export async function findRoute(
  deliveries: Pick<Deliveries, 'lastRoute' | 'ownerRoute' | 'routeTo'>,
  { channel, to, accountId, threadId, key }: WantedRoute,
): Promise<Route | string> {
  if (channel === 'owner') return deliveries.ownerRoute() ?? 'no owner can be reached';
  if (channel !== 'last' && to !== undefined) return deliveries.routeTo({ channel, to, accountId, threadId });
  const last = await deliveries.lastRoute(key);
  if (last && (channel === 'last' || last.channel === channel)) return last;
  return channel === 'last' ? NO_ROUTE : `it is not said to whom on ${channel}`;
}

const NO_ROUTE =
  'delivery channel is required: none is named, and there is no conversation outside to answer in';
