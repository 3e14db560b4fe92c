/** Whether a message is heard: policies of the account, of its groups, and what in a group is meant for the agent. */
import type { AccountPolicy, GroupPolicy } from '../accounts.js';
import type { InboundMessage } from '../channel.js';
import { isAmong, type Person } from './people.js';

export type Access =
  | { readonly heard: true }
  /** Nobody has said yet whether they may write. */
  | { readonly heard: false; readonly reason: 'pairing' }
  | { readonly heard: false; readonly reason: Refusal };

export type Refusal = 'disabled' | 'not in allowlist' | 'sender not in allowlist' | 'mention required';

export interface AccessQuestion {
  readonly message: InboundMessage;
  readonly person: Person;
  readonly policy: AccountPolicy;
  /** Approved before, or an owner. */
  readonly isKnown: boolean;
}

export function accessOf(question: AccessQuestion): Access {
  return question.message.peer.kind === 'direct' ? directAccess(question) : groupAccess(question);
}

function directAccess({ person, policy: { dmPolicy, allowFrom }, isKnown }: AccessQuestion): Access {
  switch (dmPolicy) {
    case 'open':
      return heard;
    case 'disabled':
      return refused('disabled');
    case 'allowlist':
      return isAmong(person, allowFrom) ? heard : refused('sender not in allowlist');
    case 'pairing':
      return isKnown || isAmong(person, allowFrom) ? heard : { heard: false, reason: 'pairing' };
  }
}

function groupAccess({ message, person, policy: { groupPolicy, groups } }: AccessQuestion): Access {
  if (groupPolicy === 'disabled') return refused('disabled');
  const group = groupOf(groups, message.peer.id);
  if (!group && groupPolicy === 'allowlist') return refused('not in allowlist');
  const { enabled, requireMention, allowFrom } = group ?? byDefault;
  if (!enabled) return refused('disabled');
  if (allowFrom && !isAmong(person, allowFrom)) return refused('sender not in allowlist');
  return requireMention && !message.mentioned ? refused('mention required') : heard;
}

const heard: Access = { heard: true };
const byDefault: GroupPolicy = { enabled: true, requireMention: true, allowFrom: undefined };

function refused(reason: Refusal): Access {
  return { heard: false, reason };
}

function groupOf(groups: AccountPolicy['groups'], id: string): GroupPolicy | undefined {
  const [, group] = [...groups].find(([name]) => name.toLowerCase() === id.toLowerCase()) ?? [];
  return group ?? groups.get('*');
}
