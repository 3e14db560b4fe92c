/**
 * Telegram, through its Bot API: an account is a bot. Messages are asked for (`polling`) or sent to the gateway's port
 * (`webhook`). This file and what it imports are loaded when an account is configured.
 */
import {
  botTokenForm,
  webhookSecretForm,
  type TelegramConfig,
} from '../../../shared/channels/telegram/config.js';
import { toError } from '../../../shared/to-error.js';
import { ChannelError, SendError, type AccountHost, type Channel, type ChannelAccount } from '../channel.js';
import { splitText } from '../split-text.js';
import { openBotApi, type BotApi } from './bot-api.js';
import { lostConnection } from './failures.js';
import { telegramLimits } from './limits.js';
import type { Bot } from './mentions.js';
import { chatOf, createOutbound, threadOf } from './outbound.js';
import { poll } from './polling.js';
import { receive, serveWebhook, type Webhook } from './webhook.js';

export const channel: Channel<TelegramConfig> = {
  id: 'telegram',
  label: 'Telegram',
  detailLabel: 'Telegram Bot',
  capabilities: { typing: true, edits: true, media: true, threads: true, groups: true, logout: false },
  // Ids of groups are negative; names belong to groups and channels that are public.
  peerOf: (to) => ({
    kind: to.startsWith('-') ? 'group' : to.startsWith('@') ? 'channel' : 'direct',
    id: to,
  }),
  open: openAccount,
};

const defaults = { apiRoot: 'https://api.telegram.org', parseMode: 'markdown', linkPreview: true } as const;

function openAccount(config: TelegramConfig, host: AccountHost): ChannelAccount {
  const problem = problemOf(config);
  const { botToken = '', webhookUrl, webhookSecret = '', streaming = false } = config;
  const { apiRoot, parseMode, linkPreview } = { ...defaults, ...config };
  const api = openBotApi(botToken, apiRoot);
  const outbound = createOutbound(api, { parseMode, linkPreview });
  const webhook = webhookUrl === undefined ? undefined : webhookOf(webhookUrl, webhookSecret, host.accountId);
  let bot: Bot | undefined;
  const sendable = (): void => {
    if (problem !== undefined) throw new SendError('not-sent', problem);
  };
  return {
    mode: webhook ? 'webhook' : 'polling',
    streams: streaming,
    captionChars: telegramLimits.captionChars,
    async run(signal) {
      try {
        bot = await identify(api, problem, signal);
        const about = { bot: `@${bot.username}` };
        const connection = { api, host, bot, connected: () => host.connected(about) };
        await (webhook ? serveWebhook(webhook, connection, signal) : poll(connection, signal));
      } catch (caught) {
        if (!signal.aborted) throw lostConnection(caught);
      }
    },
    async send(part, signal) {
      sendable();
      return outbound.send(part, signal);
    },
    async edit(messageId, part, signal) {
      sendable();
      return outbound.edit(messageId, part, signal);
    },
    paced: (route, signal) => outbound.paced(route, signal),
    split: (text) => splitText(text, { max: telegramLimits.textChars }),
    typing(route) {
      if (problem !== undefined) return;
      const action = { chat_id: chatOf(route), ...threadOf(route), action: 'typing' } as const;
      const signal = AbortSignal.timeout(telegramLimits.typingMs);
      api.call('sendChatAction', action, { signal }).catch((caught: unknown) => {
        host.log.debug('telegram.typing', `cannot show typing: ${toError(caught).message}`);
      });
    },
    async probe(signal) {
      const { username } = await identify(api, problem, signal);
      return { bot: `@${username}` };
    },
    ...(webhook && {
      received: async (request) =>
        bot ? receive(request, { api, host, bot }) : { status: 503, body: '{"error":"not connected yet"}' },
    }),
  };
}

/** What is wrong with an account; where it is a secret, it is seen only here. */
function problemOf({ botToken, webhookUrl, webhookSecret }: TelegramConfig): string | undefined {
  if (botToken === undefined) return 'botToken is missing';
  if (!botTokenForm.test(botToken)) return "botToken is not a bot's token";
  if (webhookUrl === undefined) return undefined;
  if (webhookSecret === undefined) return 'webhookUrl needs webhookSecret';
  return webhookSecretForm.test(webhookSecret)
    ? undefined
    : 'webhookSecret must have 1 to 256 letters, digits, "_" and "-" and nothing else';
}

function webhookOf(url: string, secret: string, accountId: string): Webhook {
  const path = `channels/telegram/${encodeURIComponent(accountId)}`;
  return { url: `${url.replace(/\/+$/, '')}/${path}`, secret };
}

/** @throws ChannelError */
async function identify(api: BotApi, problem: string | undefined, signal: AbortSignal): Promise<Bot> {
  if (problem !== undefined) throw new ChannelError('refused', problem);
  try {
    const { id, username } = await api.call('getMe', {}, { signal });
    return { id, username };
  } catch (caught) {
    throw lostConnection(caught);
  }
}
