/** A message of Telegram as the gateway takes it. */
import type { Chat, Message } from 'grammy/types';
import type { InboundMessage, Peer } from '../channel.js';
import { attachmentsOf } from './attachments.js';
import type { BotApi } from './bot-api.js';
import { isMentioned, repliesTo, textOf, withoutAddress, type Bot } from './mentions.js';

/** Undefined for what says nothing: someone joined, a title changed, or the bot itself has written it. */
export function inboundMessage(message: Message, bot: Bot, api: BotApi): InboundMessage | undefined {
  if (message.from?.id === bot.id) return undefined;
  const { text, entities } = textOf(message);
  const said = withoutAddress(text, entities, bot) || shown(message);
  const attachments = attachmentsOf(message, api);
  if (said === '' && attachments.length === 0) return undefined;
  const answered = repliesTo(message);
  const { title } = message.chat;
  return {
    id: String(message.message_id),
    peer: peerOf(message),
    sender: senderOf(message),
    text: said,
    mentioned: isMentioned(message, bot),
    attachments,
    ...(answered && { replyToId: String(answered.message_id) }),
    ...(title !== undefined && { title }),
    sentAt: message.date * 1000,
  };
}

const kinds: Readonly<Record<Chat['type'], Peer['kind']>> = {
  private: 'direct',
  group: 'group',
  supergroup: 'group',
  channel: 'channel',
};

function peerOf({ chat, message_thread_id: thread, is_topic_message: inTopic }: Message): Peer {
  const peer = { kind: kinds[chat.type], id: String(chat.id) };
  // Answers in a group without topics have a thread as well, which nobody sees.
  return inTopic && thread !== undefined ? { ...peer, threadId: String(thread) } : peer;
}

/** Who writes as a channel or an anonymous administrator is that channel or group. */
function senderOf({ chat, from, sender_chat: as }: Message): InboundMessage['sender'] {
  if (as ?? !from) {
    const { id, title, username } = as ?? chat;
    return sender(id, title, username);
  }
  return { ...sender(from.id, nameOf(from), from.username), ...(from.is_bot && { bot: true }) };
}

function sender(
  id: number,
  name: string | undefined,
  username: string | undefined,
): InboundMessage['sender'] {
  return {
    id: String(id),
    ...(name !== undefined && { name }),
    ...(username !== undefined && { aliases: [`@${username}`] }),
  };
}

function nameOf(named: { readonly first_name: string; readonly last_name?: string }): string {
  return [named.first_name, named.last_name].filter(Boolean).join(' ');
}

/** What is no text and no file, in words. */
function shown({ location, venue, contact, sticker }: Message): string {
  if (venue) return `[${venue.title}, ${venue.address}: ${place(venue.location)}]`;
  if (location) return `[${place(location)}]`;
  if (contact) return `[${nameOf(contact)}: ${contact.phone_number}]`;
  return sticker?.emoji ?? '';
}

function place({ latitude, longitude }: { readonly latitude: number; readonly longitude: number }): string {
  return `${latitude}, ${longitude}`;
}
