/** Who somebody of a chat network is, by all the names that a config may have for them. */
import type { InboundMessage, PeerKind } from '../channel.js';

export interface Person {
  /** Under which they are one, whatever network they write from (`session.identityLinks`). */
  readonly identity: string | undefined;
  /** In lower case; alone, and with the channel before them. */
  readonly names: ReadonlySet<string>;
  /** Identities that are not theirs, in lower case: to have one's name as an id in some network is not to be it. */
  readonly others: ReadonlySet<string>;
}

export type IdentityLinks = Readonly<Record<string, readonly string[]>>;

export function personOf(
  channel: string,
  { id, aliases = [] }: InboundMessage['sender'],
  links: IdentityLinks,
): Person {
  const own = [id, ...aliases].map((name) => name.toLowerCase());
  const qualified = own.map((name) => `${channel}:${name}`);
  const [identity] =
    Object.entries(links).find(([, linked]) =>
      linked.some((one) => qualified.includes(one.trim().toLowerCase())),
    ) ?? [];
  const others = new Set(Object.keys(links).map((name) => name.toLowerCase()));
  if (identity !== undefined) others.delete(identity.toLowerCase());
  const bare = own.filter((name) => !others.has(name));
  const names = [...bare, ...qualified, ...(identity === undefined ? [] : [identity.toLowerCase()])];
  return { identity, names: new Set(names), others };
}

/** `*` stands for anybody. */
export function isAmong(person: Person, entries: readonly (string | number)[]): boolean {
  return entries.some((entry) => {
    const name = String(entry).trim().toLowerCase();
    return name === '*' || person.names.has(name);
  });
}

/** Of those whom the config names as owners; nobody is one by a `*`. */
export function isOwner(person: Person, owners: readonly (string | number)[]): boolean {
  return isAmong(
    person,
    owners.filter((owner) => owner !== '*'),
  );
}

/** How a config may call a kind of conversation. */
export function isKind(named: string, kind: PeerKind): boolean {
  const name = named.toLowerCase();
  return name === kind || (kind === 'direct' && (name === 'dm' || name === 'user'));
}
