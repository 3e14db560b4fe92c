/** Requests to a webhook account are signed with its secret, or with the one before it. */
import type { RequestProof } from '../requests.js';
import { signingKey } from '../standard-webhooks.js';

export function webhookProof({
  secret,
  previousSecret,
}: Readonly<Record<string, unknown>>): RequestProof | undefined {
  const keys = [secret, previousSecret].filter((text) => typeof text === 'string').map(signingKey);
  return keys.length === 0 ? undefined : { kind: 'signed', keys };
}
