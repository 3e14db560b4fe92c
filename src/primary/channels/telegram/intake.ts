/**
 * Updates of the server on their way to the gateway: those of one chat one after another, each offered until it is taken,
 * those of different chats side by side.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Update } from 'grammy/types';
import { createKeyedQueue } from '../../../shared/keyed-queue.js';
import { toError } from '../../../shared/to-error.js';
import type { AccountHost, InboundMessage } from '../channel.js';
import { createAlbums } from './albums.js';
import type { BotApi } from './bot-api.js';
import { inboundMessage } from './inbound-message.js';
import { telegramLimits } from './limits.js';
import type { Bot } from './mentions.js';

/** What the server is asked for: edits of messages that were answered already are not. */
export const wantedUpdates = ['message', 'channel_post'] as const;

export interface Intake {
  /** Resolves when it is taken, or is nothing to take. Rejects only when the signal ends it. */
  take(update: Update): Promise<void>;
}

export function createIntake(host: AccountHost, bot: Bot, api: BotApi, signal: AbortSignal): Intake {
  const chats = createKeyedQueue();
  const offer = async (message: InboundMessage): Promise<void> => {
    for (let pause: number = telegramLimits.offerRetryMs; ; pause *= 2) {
      signal.throwIfAborted();
      try {
        await host.inbound(message);
        return;
      } catch (caught) {
        const fields = { chat: message.peer.id, id: message.id };
        host.log.warn('telegram.deferred', `message waits: ${toError(caught).message}`, fields);
      }
      await sleep(Math.min(pause, telegramLimits.offerRetryMaxMs), undefined, { signal });
    }
  };
  const albums = createAlbums((chat, whole) => chats.run(chat, async () => offer(await whole)));
  return {
    take(update) {
      const found = read(update, host, bot, api);
      if (!found) return Promise.resolve();
      const { chat, album, inbound } = found;
      if (album !== undefined) return albums.add(chat, album, inbound);
      albums.over(chat);
      return chats.run(chat, () => offer(inbound));
    },
  };
}

/**
 * One that was sent to the webhook: the server itself keeps the order of a chat, and sends again what was not taken.
 * @throws when it cannot be taken now
 */
export async function takeOnce(host: AccountHost, bot: Bot, api: BotApi, update: Update): Promise<void> {
  const found = read(update, host, bot, api);
  if (found) await host.inbound(found.inbound);
}

interface Found {
  readonly chat: string;
  readonly album: string | undefined;
  readonly inbound: InboundMessage;
}

/** One that cannot be read must not hold up those after it for ever. */
function read(update: Update, host: AccountHost, bot: Bot, api: BotApi): Found | undefined {
  try {
    const message = update.message ?? update.channel_post;
    const inbound = message && inboundMessage(message, bot, api);
    return inbound && { chat: String(message.chat.id), album: message.media_group_id, inbound };
  } catch (caught) {
    const fields = { update: update.update_id };
    host.log.error('telegram.unreadable', `update left out: ${toError(caught).message}`, fields);
    return undefined;
  }
}
