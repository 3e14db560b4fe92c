/** How requests of Telegram are told from anybody's: `setWebhook` was given a secret, which each of them shows. */
import { digestCredential } from '../../auth/credential.js';
import type { RequestProof } from '../requests.js';

/** Undefined for an account that asks for its messages itself. */
export function telegramProof({
  webhookUrl,
  webhookSecret,
}: Readonly<Record<string, unknown>>): RequestProof | undefined {
  if (webhookUrl === undefined || typeof webhookSecret !== 'string') return undefined;
  return {
    kind: 'header',
    header: 'x-telegram-bot-api-secret-token',
    credential: digestCredential(webhookSecret),
  };
}
