/** Where something can go: names that callers and sessions have for conversations (runs-and-events.md §14). */
import type { SessionEntry, SessionKey } from '../../../shared/store/records.js';
import type { Accounts } from '../accounts.js';
import type { Channel, Peer } from '../channel.js';
import type { Deliveries } from '../deliveries.js';
import type { IdentityLinks } from '../inbound/people.js';

export interface RouteServices {
  readonly accounts: Accounts;
  session(key: SessionKey): Promise<SessionEntry | undefined>;
  /** `commands.ownerAllowFrom`. */
  owners(): readonly (string | number)[];
  /** `session.identityLinks`. */
  links(): IdentityLinks;
  /** An owner is named who could be in any of several networks. */
  ambiguous(owner: string, channels: readonly string[]): void;
}

export function createRoutes(
  services: RouteServices,
): Pick<Deliveries, 'lastRoute' | 'ownerRoute' | 'routeTo'> {
  const { accounts } = services;
  const routeTo: Deliveries['routeTo'] = ({ channel: named, to, accountId: asked, threadId }) => {
    const channel = named.trim().toLowerCase();
    const accountId = asked ?? accounts.defaultOf(channel);
    if (accountId === undefined) return `unsupported channel: ${named}`;
    const account = accounts.find(channel, accountId);
    if (!account) return `channel ${channel} has no account ${accountId} that is enabled`;
    if (to.trim() === '') return 'to is required';
    return { channel, accountId, ...peerOf(to.trim(), account.channel), ...(threadId ? { threadId } : {}) };
  };
  return {
    routeTo,
    async lastRoute(key) {
      const entry = await services.session(key);
      const { lastChannel, lastTo, lastAccountId } = entry ?? {};
      if (!lastChannel || !lastTo) return undefined;
      const threadId = typeof entry?.lastThreadId === 'string' ? entry.lastThreadId : undefined;
      const route = routeTo({
        channel: lastChannel,
        to: lastTo,
        accountId: lastAccountId ?? undefined,
        threadId,
      });
      return typeof route === 'string' ? undefined : route;
    },
    ownerRoute() {
      for (const owner of services.owners()) {
        for (const { channel, id } of placesOf(String(owner).trim(), services)) {
          // `*` is nobody in particular, and what begins with `@` is a name, not a place.
          const route = /^[@*]/.test(id) ? '' : routeTo({ channel, to: `direct:${id}` });
          if (typeof route !== 'string') return route;
        }
      }
      return undefined;
    },
  };
}

interface Place {
  readonly channel: string;
  readonly id: string;
}

/** Where somebody is whom the config names: nobody gets what is for a namesake of theirs in another network. */
function placesOf(name: string, { accounts, links, ambiguous }: RouteServices): readonly Place[] {
  const [, linked] = Object.entries(links()).find(([one]) => one.toLowerCase() === name.toLowerCase()) ?? [];
  if (linked) return linked.flatMap((one) => placeOf(one.trim()) ?? []);
  const place = placeOf(name);
  if (place) return [place];
  const [only, ...others] = accounts.channels;
  if (only !== undefined && others.length === 0) return [{ channel: only, id: name }];
  if (others.length > 0 && !/^[@*]/.test(name)) ambiguous(name, accounts.channels);
  return [];
}

/** Undefined where no channel is named. */
function placeOf(name: string): Place | undefined {
  const [, channel, id] = /^([a-z]+):(.+)$/i.exec(name) ?? [];
  return channel === undefined || id === undefined ? undefined : { channel, id };
}

/** What `lastTo` of a session says; `peerOf` reads it. */
export function nameOf({ kind, id }: Pick<Peer, 'kind' | 'id'>): string {
  return kind === 'direct' && !prefixed.test(id) ? id : `${kind}:${id}`;
}

const prefixed = /^(direct|user|group|channel):(.+)$/s;

function peerOf(to: string, channel: Channel): Pick<Peer, 'kind' | 'id'> {
  const [, kind, id] = prefixed.exec(to) ?? [];
  if (kind === undefined || id === undefined) return channel.peerOf?.(to) ?? { kind: 'direct', id: to };
  return { kind: kind === 'user' ? 'direct' : (kind as Peer['kind']), id };
}
