/** Sends and edits messages, at the pace that Telegram allows. */
import type { Message } from 'grammy/types';
import { createKeyedQueue } from '../../../shared/keyed-queue.js';
import type { ParseMode } from '../../../shared/channels/telegram/config.js';
import { SendError, type OutboundPart, type Route, type SentPart } from '../channel.js';
import { CallFailure, type BotApi } from './bot-api.js';
import { sendFailure } from './failures.js';
import { telegramHtml } from './markup.js';
import { mediaCall } from './media.js';
import { createPacer } from './pacer.js';

export interface Outbound {
  /** @throws SendError */
  send(part: OutboundPart, signal: AbortSignal): Promise<SentPart>;
  /** One that a later edit of the same message overtakes is left out. @throws SendError */
  edit(messageId: string, part: OutboundPart, signal: AbortSignal): Promise<void>;
  paced(route: Route, signal: AbortSignal): Promise<void>;
}

export interface OutboundSettings {
  readonly parseMode: ParseMode;
  readonly linkPreview: boolean;
}

export function createOutbound(api: BotApi, settings: OutboundSettings): Outbound {
  const pacer = createPacer();
  const edits = createKeyedQueue();
  /** By message: the part that it is to show in the end. */
  const wanted = new Map<string, OutboundPart>();
  const attempt = async <T>(part: OutboundPart, signal: AbortSignal, go: () => Promise<T>): Promise<T> => {
    const { id } = part.route;
    await pacer.take(id, signal).catch(() => {
      throw new SendError('not-sent', 'given up while it waited for its turn');
    });
    try {
      return await go();
    } catch (caught) {
      const error = sendFailure(caught);
      if (error.retryAfterMs !== undefined) pacer.hold(id, error.retryAfterMs);
      throw error;
    }
  };
  return {
    paced: ({ id }, signal) => pacer.ready(id, signal),
    send: (part, signal) =>
      attempt(part, signal, async () => {
        const sent = await formatted(part, settings.parseMode, (text) =>
          post(api, part, text, settings, signal),
        );
        return { messageId: String(sent.message_id) };
      }),
    async edit(messageId, part, signal) {
      const key = `${part.route.id}:${messageId}`;
      wanted.set(key, part);
      const overtaken = (): boolean => wanted.get(key) !== part;
      try {
        await edits.run(key, async () => {
          if (overtaken()) return;
          await attempt(part, signal, async () => {
            if (!overtaken())
              await formatted(part, settings.parseMode, (text) =>
                change(api, messageId, part, text, settings, signal),
              );
          });
        });
      } finally {
        if (!overtaken()) wanted.delete(key);
      }
    },
  };
}

interface FormattedText {
  readonly text: string;
  readonly parse_mode?: 'HTML';
}

/** What Telegram cannot read as markup is sent as it is: a refused message was not sent. */
async function formatted<T>(
  { text }: OutboundPart,
  mode: ParseMode,
  go: (text: FormattedText) => Promise<T>,
): Promise<T> {
  if (mode === 'plain' || text === '') return go({ text });
  try {
    return await go({ text: mode === 'html' ? text : telegramHtml(text), parse_mode: 'HTML' });
  } catch (caught) {
    if (!isAnswered(caught, /can't parse|text must be non-empty|text is empty/i)) throw caught;
    return go({ text });
  }
}

function post(
  api: BotApi,
  { route, media, replyToId, silent }: OutboundPart,
  { text, parse_mode }: FormattedText,
  { linkPreview }: OutboundSettings,
  signal: AbortSignal,
): Promise<Message> {
  const shared = {
    chat_id: chatOf(route),
    ...threadOf(route),
    ...(parse_mode && { parse_mode }),
    ...(silent && { disable_notification: true }),
    ...(replyToId !== undefined &&
      /^\d+$/.test(replyToId) && {
        reply_parameters: { message_id: Number(replyToId), allow_sending_without_reply: true },
      }),
  };
  if (!media) {
    return api.call('sendMessage', { ...shared, text, ...previewOf(linkPreview) }, { signal });
  }
  const { method, file } = mediaCall(media);
  // Which of them it is decides the name of the file's parameter alone.
  const params = { ...shared, ...file, ...(text !== '' && { caption: text }) } as never;
  return api.call(method, params, { signal });
}

async function change(
  api: BotApi,
  messageId: string,
  { route }: OutboundPart,
  text: FormattedText,
  { linkPreview }: OutboundSettings,
  signal: AbortSignal,
): Promise<void> {
  const message = { chat_id: chatOf(route), message_id: Number(messageId) };
  try {
    await api.call('editMessageText', { ...message, ...text, ...previewOf(linkPreview) }, { signal });
  } catch (caught) {
    if (!isAnswered(caught, /message is not modified/i)) throw caught;
  }
}

function previewOf(linkPreview: boolean): { readonly link_preview_options?: { is_disabled: true } } {
  return linkPreview ? {} : { link_preview_options: { is_disabled: true } };
}

/** A number, or `@name` of a public group or channel. */
export function chatOf({ id }: Route): number | string {
  return /^-?\d+$/.test(id) ? Number(id) : id;
}

/** The topic that every group with topics has from the start is not to be named. @throws SendError */
export function threadOf({ threadId }: Route): { readonly message_thread_id?: number } {
  if (threadId === undefined || threadId === '1') return {};
  // What is no number would be sent as none, to everybody in the group.
  if (!/^\d{1,15}$/.test(threadId)) throw new SendError('refused', `there is no topic "${threadId}"`);
  return { message_thread_id: Number(threadId) };
}

function isAnswered(caught: unknown, with_: RegExp): boolean {
  return (
    caught instanceof CallFailure &&
    caught.how.kind === 'answered' &&
    caught.how.code === 400 &&
    with_.test(caught.how.description)
  );
}
