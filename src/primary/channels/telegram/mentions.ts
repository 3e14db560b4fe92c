/** Whether a message in a group is meant for the bot: it names it, gives it a command, or answers it. */
import type { Message, MessageEntity } from 'grammy/types';

export interface Bot {
  readonly id: number;
  readonly username: string;
}

export function isMentioned(message: Message, bot: Bot): boolean {
  const { text, entities } = textOf(message);
  return repliesTo(message)?.from?.id === bot.id || entities.some((entity) => names(entity, text, bot));
}

/** The message that it answers. In a topic every message refers to the one that opened it, which is no answer. */
export function repliesTo({ reply_to_message: reply }: Message): Message['reply_to_message'] {
  return reply?.forum_topic_created === undefined ? reply : undefined;
}

/** Its text or caption, and what is marked in it. */
export function textOf(message: Message): {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
} {
  if (message.text !== undefined) return { text: message.text, entities: message.entities ?? [] };
  return { text: message.caption ?? '', entities: message.caption_entities ?? [] };
}

/** A command as other channels have it: `/new` for `/new@bot`. */
export function withoutAddress(text: string, entities: readonly MessageEntity[], bot: Bot): string {
  const command = entities.find(({ type, offset }) => type === 'bot_command' && offset === 0);
  if (!command || !names(command, text, bot)) return text;
  return text.slice(0, text.indexOf('@')) + text.slice(command.length);
}

function names(entity: MessageEntity, text: string, bot: Bot): boolean {
  if (entity.type === 'text_mention') return entity.user.id === bot.id;
  const marked = text.slice(entity.offset, entity.offset + entity.length).toLowerCase();
  const address = `@${bot.username.toLowerCase()}`;
  return (
    (entity.type === 'mention' && marked === address) ||
    (entity.type === 'bot_command' && marked.endsWith(address))
  );
}
