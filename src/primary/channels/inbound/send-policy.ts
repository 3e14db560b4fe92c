/** Whether a session takes messages (`session.sendPolicy`): what it says itself, else the first rule that matches. */
import type { SendPolicy } from '../../../shared/config/messaging-schema.js';
import type { SessionEntry, SessionKey } from '../../../shared/store/records.js';
import type { PeerKind } from '../channel.js';

export function takesMessages(
  key: SessionKey,
  entry: SessionEntry | undefined,
  { channel, kind }: { readonly channel: string; readonly kind: PeerKind },
  { default: preset = 'allow', rules = [] }: SendPolicy,
): boolean {
  if (entry?.sendPolicy !== undefined) return entry.sendPolicy === 'allow';
  const rule = rules.find(
    ({ match = {} }) =>
      (match.channel === undefined || match.channel.toLowerCase() === channel) &&
      (match.chatType === undefined || match.chatType === kind) &&
      (match.keyPrefix === undefined || isUnder(key, match.keyPrefix.toLowerCase())),
  );
  return (rule?.action ?? preset) === 'allow';
}

/** With and without the agent's part. */
function isUnder(key: SessionKey, prefix: string): boolean {
  return key.startsWith(prefix) || key.replace(/^agent:[^:]+:/, '').startsWith(prefix);
}
