/** The session that a message belongs to, and what its entry says of where it came from (runs-and-events.md §6, §7). */
import { channelSections } from '../../../shared/config/channel-accounts.js';
import type { ChannelsConfig } from '../../../shared/config/channels-schema.js';
import type { DmScope } from '../../../shared/config/session-schema.js';
import type { SessionEntry, SessionKey } from '../../../shared/store/records.js';
import { canonicalKey, mainSessionKey, type KeyScheme } from '../../../shared/store/session-keys.js';
import type { RunningAccount } from '../accounts.js';
import type { InboundMessage } from '../channel.js';
import { nameOf } from '../delivery/routes.js';
import { keyPart } from './key-part.js';
import type { Person } from './people.js';

export interface ConversationQuestion {
  readonly from: Pick<RunningAccount, 'channel' | 'accountId'>;
  readonly message: InboundMessage;
  readonly person: Person;
  readonly agentId: string;
  readonly scheme: KeyScheme;
  readonly dmScope: DmScope;
  readonly channels: ChannelsConfig;
}

export function sessionKeyOf(question: ConversationQuestion): SessionKey {
  const { from, message, agentId, scheme } = question;
  const { kind, id, threadId } = message.peer;
  const thread = threadId === undefined ? '' : `:thread:${keyPart(threadId)}`;
  if (kind !== 'direct') {
    const group = keyPart(id, from.channel.capabilities);
    return canonicalKey(`agent:${agentId}:${from.channel.id}:${kind}:${group}${thread}`, scheme);
  }
  const scope = directScope(question);
  if (scope !== undefined) return canonicalKey(`agent:${agentId}:${scope}${thread}`, scheme);
  const main = mainSessionKey(scheme, agentId);
  return thread === '' || main === 'global' ? main : canonicalKey(`${main}${thread}`, scheme);
}

/** Undefined: everybody who writes directly shares the main session. */
function directScope({ from, message, person, dmScope, channels }: ConversationQuestion): string | undefined {
  const { id } = message.peer;
  const own = keyPart(id, from.channel.capabilities);
  const named = person.others.has(id.toLowerCase()) ? `${from.channel.id}:${own}` : own;
  const peer = person.identity === undefined ? named : keyPart(person.identity, { caseless: true });
  switch (dmScope) {
    case 'main':
      return undefined;
    case 'per-peer':
      return `direct:${peer}`;
    case 'per-channel-peer':
      return `${from.channel.id}:direct:${peer}`;
    case 'per-account-channel-peer':
      return `${from.channel.id}:${accountPart(from, channels)}:direct:${peer}`;
  }
}

/** Accounts have the names that the operator gave them: their capitals count where they tell two of them apart. */
function accountPart({ channel, accountId }: ConversationQuestion['from'], channels: ChannelsConfig): string {
  const [, section] = channelSections(channels).find(([id]) => id === channel.id) ?? [];
  const isAlike = (other: string): boolean => other.toLowerCase() === accountId.toLowerCase();
  const namesakes = Object.keys(section?.accounts ?? {}).filter(isAlike);
  return keyPart(accountId, { caseless: namesakes.length < 2 });
}

/** Fields of the session's entry. */
export function factsOf(
  { from, message, scheme, agentId }: ConversationQuestion,
  key: SessionKey,
): Partial<SessionEntry> {
  const { peer, sender, title } = message;
  const name = peer.kind === 'direct' ? sender.name : title;
  const isMain = key === mainSessionKey(scheme, agentId);
  return {
    channel: from.channel.id,
    chatType: peer.kind,
    lastChannel: from.channel.id,
    lastTo: nameOf(peer),
    lastAccountId: from.accountId,
    lastThreadId: peer.threadId ?? null,
    // The main session is nobody's in particular.
    ...(isMain || name === undefined ? {} : { displayName: name.slice(0, 200) }),
  };
}
