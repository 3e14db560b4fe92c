/** Requests to a webhook account are signed with its secret, or with the one before it. */
import type { RequestProof } from '../requests.js';
import { signingKey } from '../standard-webhooks.js';

export function webhookProof(account: Secrets): RequestProof | undefined {
  const keys = webhookKeysOf(account);
  return keys.length === 0 ? undefined : { kind: 'signed', keys };
}

/** Keys of its secrets, that which signs first. */
export function webhookKeysOf({ secret, previousSecret }: Secrets): readonly string[] {
  return [secret, previousSecret]
    .map((text) => (typeof text === 'string' ? signingKey(text) : undefined))
    .filter((key) => key !== undefined);
}

interface Secrets {
  readonly secret?: unknown;
  readonly previousSecret?: unknown;
}
