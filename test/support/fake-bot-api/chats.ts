/** What users see: chats with the messages that the bot has sent and changed in them. */
import { ApiError, badRequest } from './answer.js';
import { readHtml, type Entity } from './markup.js';
import type { UploadedFile } from './request.js';

export interface SentMessage {
  readonly chatId: number;
  readonly messageId: number;
  /** As it is seen; of a file its caption. */
  text: string;
  entities: readonly Entity[];
  readonly threadId?: number;
  readonly replyTo?: number;
  readonly silent: boolean;
  readonly media?: { readonly kind: string; readonly from: string | UploadedFile };
  /** Texts that it had before. */
  readonly earlier: string[];
}

export interface Chats {
  readonly sent: readonly SentMessage[];
  /** People who do not want to hear of the bot. */
  readonly blocked: Set<number>;
  /** Makes it known: the bot can write only to those. */
  open(chatId: number): void;
  nextMessageId(chatId: number): number;
  /** @throws ApiError */
  send(params: Readonly<Record<string, unknown>>, media?: SentMessage['media']): SentMessage;
  /** @throws ApiError */
  edit(params: Readonly<Record<string, unknown>>): SentMessage;
  chatIdOf(params: Readonly<Record<string, unknown>>): number;
}

const limits = { text: 4_096, caption: 1_024 };

export function createChats(): Chats {
  const sent: SentMessage[] = [];
  const known = new Set<number>();
  const blocked = new Set<number>();
  /** Groups count their own messages; people see those of all their chats counted together. */
  const counts = new Map<number, number>();
  const nextMessageId = (chatId: number): number => {
    const counter = chatId < 0 ? chatId : 0;
    const id = (counts.get(counter) ?? 0) + 1;
    counts.set(counter, id);
    return id;
  };
  const chatIdOf = ({ chat_id: id }: Readonly<Record<string, unknown>>): number => {
    if (id === undefined || id === '') throw badRequest('chat_id is empty');
    const chatId = Number(id);
    if (!known.has(chatId)) throw badRequest('chat not found');
    if (blocked.has(chatId)) throw new ApiError(403, 'Forbidden: bot was blocked by the user');
    return chatId;
  };
  return {
    sent,
    blocked,
    nextMessageId,
    chatIdOf,
    open: (chatId) => void known.add(chatId),
    send(params, media) {
      const chatId = chatIdOf(params);
      const seen = textOf(media ? params.caption : params.text, params.parse_mode);
      if (!media && seen.text === '') throw badRequest('message text is empty');
      if (media && seen.text.length > limits.caption) throw badRequest('message caption is too long');
      if (!media && seen.text.length > limits.text) throw badRequest('message is too long');
      const reply = params.reply_parameters as { message_id: number } | undefined;
      const message: SentMessage = {
        chatId,
        messageId: nextMessageId(chatId),
        ...seen,
        silent: params.disable_notification === true,
        ...(params.message_thread_id !== undefined && { threadId: Number(params.message_thread_id) }),
        ...(reply && { replyTo: reply.message_id }),
        ...(media && { media }),
        earlier: [],
      };
      sent.push(message);
      return message;
    },
    edit(params) {
      const chatId = chatIdOf(params);
      const message = sent.find(
        (one) => one.chatId === chatId && one.messageId === Number(params.message_id),
      );
      if (!message) throw badRequest('message to edit not found');
      const { text, entities } = textOf(params.text, params.parse_mode);
      if (text === '') throw badRequest('message text is empty');
      if (text.length > limits.text) throw badRequest('MESSAGE_TOO_LONG');
      if (text === message.text && JSON.stringify(entities) === JSON.stringify(message.entities)) {
        throw badRequest(
          'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
        );
      }
      message.earlier.push(message.text);
      return Object.assign(message, { text, entities });
    },
  };
}

function textOf(
  given: unknown,
  mode: unknown,
): { readonly text: string; readonly entities: readonly Entity[] } {
  const raw = typeof given === 'string' ? given : '';
  const { text, entities } = mode === 'HTML' ? readHtml(raw) : { text: raw, entities: [] };
  return { text: text.trim(), entities };
}
