/** Where messages and answers can go: to the web chat inside the gateway, and to chat networks (runs-and-events.md §14). */
import type { RunReply } from '../../../shared/store/channel-records.js';
import type { SessionKey } from '../../../shared/store/records.js';
import type { Accounts } from '../../channels/accounts.js';
import type { Route } from '../../channels/channel.js';
import type { Deliveries } from '../../channels/deliveries.js';
import { invalidRequest, RpcError } from './method.js';

export interface DeliveryServices {
  readonly deliveries: Deliveries;
  readonly accounts: Pick<Accounts, 'channels'>;
}

export const WEBCHAT = 'webchat';

interface NamedPlace {
  readonly channel: string;
  readonly to: string;
  readonly accountId?: string | undefined;
  readonly threadId?: string | undefined;
}

/** @throws RpcError that says why it is none */
export function requireRoute(named: NamedPlace, { deliveries }: DeliveryServices): Route {
  const route = deliveries.routeTo(named);
  if (typeof route === 'string') throw invalidRequest(route);
  return route;
}

interface AskedDelivery {
  readonly deliver?: boolean;
  readonly bestEffortDeliver?: boolean;
  readonly channel?: string;
  readonly replyChannel?: string;
  readonly to?: string;
  readonly replyTo?: string;
  readonly accountId?: string;
  readonly replyAccountId?: string;
  readonly threadId?: string;
}

/**
 * Where a turn's answer goes besides its session. A turn whose answer cannot be delivered is refused before it costs
 * anything; the web chat needs no delivery: it sees what happens in its sessions.
 * @throws RpcError
 */
export async function replyOf(
  asked: AskedDelivery,
  key: SessionKey,
  services: DeliveryServices,
): Promise<RunReply | undefined> {
  if (!asked.deliver) return undefined;
  try {
    const route = await routeOf(asked, key, services);
    return route && { route, kind: 'agent' };
  } catch (caught) {
    if (asked.bestEffortDeliver && caught instanceof RpcError) return undefined;
    throw caught;
  }
}

async function routeOf(
  asked: AskedDelivery,
  key: SessionKey,
  services: DeliveryServices,
): Promise<Route | undefined> {
  const channel = (asked.replyChannel ?? asked.channel)?.trim().toLowerCase() || 'last';
  if (channel === WEBCHAT) return undefined;
  const to = (asked.replyTo ?? asked.to)?.trim();
  const accountId = asked.replyAccountId ?? asked.accountId;
  if (channel !== 'last' && to) {
    const { threadId } = asked;
    return requireRoute({ channel, to, accountId, threadId }, services);
  }
  const last = await services.deliveries.lastRoute(key);
  if (last && (channel === 'last' || last.channel === channel)) return last;
  // Says what is wrong with the channel itself, if anything is.
  if (channel !== 'last') requireRoute({ channel, to: '', accountId }, services);
  throw new RpcError({
    code: 'UNAVAILABLE',
    message:
      'delivery channel is required: pass --channel/--reply-channel or use a main session with a previous channel',
  });
}
