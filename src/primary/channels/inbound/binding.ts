/** Which agent a message is for: the first of the config's `bindings` that matches it, else the default agent. */
import type { Binding } from '../../../shared/config/messaging-schema.js';
import type { RunningAccount } from '../accounts.js';
import type { InboundMessage } from '../channel.js';
import { isAmong, isKind, type Person } from './people.js';

/** Undefined: no binding matches. */
export function boundAgent(
  { channel, accountId }: Pick<RunningAccount, 'channel' | 'accountId'>,
  { peer, guildId }: InboundMessage,
  person: Person,
  bindings: readonly Binding[],
): string | undefined {
  const isPeer = (named: { readonly kind: string; readonly id: string }): boolean => {
    if (!isKind(named.kind, peer.kind)) return false;
    if (peer.kind === 'direct') return isAmong(person, [named.id]);
    return named.id === '*' || named.id.toLowerCase() === peer.id.toLowerCase();
  };
  return bindings.find(
    ({ match }) =>
      match.channel.toLowerCase() === channel.id &&
      (match.accountId === undefined || match.accountId === '*' || match.accountId === accountId) &&
      (match.peer === undefined || isPeer(match.peer)) &&
      (match.guildId === undefined || match.guildId === guildId),
  )?.agentId;
}
