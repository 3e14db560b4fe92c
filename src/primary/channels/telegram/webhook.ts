/** Has the server send messages to the gateway's port instead of being asked for them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Update } from 'grammy/types';
import { toError } from '../../../shared/to-error.js';
import { ChannelError, type AccountHost, type ChannelRequest, type ChannelResponse } from '../channel.js';
import type { BotApi } from './bot-api.js';
import { takeOnce, wantedUpdates } from './intake.js';
import { telegramLimits } from './limits.js';
import type { Bot } from './mentions.js';

export interface Webhook {
  readonly url: string;
  readonly secret: string;
}

/**
 * Rejects when the signal ends it. The webhook stays: what comes until the gateway is back is kept by the server for a day.
 * @throws ChannelError, CallFailure
 */
export async function serveWebhook(
  { url, secret }: Webhook,
  { api, host, connected }: { readonly api: BotApi; readonly host: AccountHost; connected(): void },
  signal: AbortSignal,
): Promise<never> {
  const settings = { allowed_updates: wantedUpdates, max_connections: telegramLimits.webhookConnections };
  await api.call('setWebhook', { url, secret_token: secret, ...settings }, { signal });
  connected();
  for (;;) {
    await sleep(telegramLimits.webhookCheckMs, undefined, { signal });
    const info = await api.call('getWebhookInfo', {}, { signal });
    if (info.url !== url)
      throw new ChannelError('lost', 'another program has changed the webhook of this bot');
    host.alive();
  }
}

/** An update that the server sends; not 200 has it sent again, before later ones of its chat. */
export async function receive(
  { body }: ChannelRequest,
  { api, host, bot }: { readonly api: BotApi; readonly host: AccountHost; readonly bot: Bot },
): Promise<ChannelResponse> {
  const update = read(body);
  if (!update) return { status: 400 };
  host.alive();
  try {
    await takeOnce(host, bot, api, update);
    return { status: 200 };
  } catch (caught) {
    const fields = { update: update.update_id };
    host.log.warn('telegram.deferred', `message waits: ${toError(caught).message}`, fields);
    return { status: 503 };
  }
}

function read(body: string): Update | undefined {
  try {
    const update = JSON.parse(body) as Partial<Update> | null;
    return typeof update?.update_id === 'number' ? (update as Update) : undefined;
  } catch {
    return undefined;
  }
}
