/**
 * Pictures that were sent together come as messages of their own that name the same album. They are one message here: the
 * first one's, with the attachments of all. An album is over when nothing of it comes any more, or something else does.
 */
import { deferred, type Deferred } from '../../../shared/deferred.js';
import type { InboundMessage } from '../channel.js';
import { telegramLimits } from './limits.js';

export interface Albums {
  /** Resolves when the album that it is a part of is taken, as a whole. */
  add(chat: string, album: string, part: InboundMessage): Promise<void>;
  /** Something else has come in the chat. */
  over(chat: string): void;
}

interface Album {
  readonly id: string;
  readonly parts: InboundMessage[];
  readonly whole: Deferred<InboundMessage>;
  readonly taken: Promise<void>;
  timer: NodeJS.Timeout | undefined;
}

/** @param take called with the first part of each: that is its place among the messages of the chat */
export function createAlbums(take: (chat: string, whole: Promise<InboundMessage>) => Promise<void>): Albums {
  const open = new Map<string, Album>();
  const begin = (chat: string, id: string): Album => {
    const whole = deferred<InboundMessage>();
    const album = { id, parts: [], whole, taken: take(chat, whole.promise), timer: undefined };
    open.set(chat, album);
    return album;
  };
  const over = (chat: string): void => {
    const album = open.get(chat);
    if (!album) return;
    open.delete(chat);
    clearTimeout(album.timer);
    album.whole.resolve(joined(album.parts));
  };
  return {
    over,
    add(chat, id, part) {
      if (open.get(chat)?.id !== id) over(chat);
      const album = open.get(chat) ?? begin(chat, id);
      album.parts.push(part);
      clearTimeout(album.timer);
      if (album.parts.length >= telegramLimits.albumItems) over(chat);
      else album.timer = setTimeout(() => over(chat), telegramLimits.albumMs);
      return album.taken;
    },
  };
}

function joined(parts: readonly InboundMessage[]): InboundMessage {
  const [first] = parts as readonly [InboundMessage];
  return {
    ...first,
    text: parts
      .map(({ text }) => text)
      .filter(Boolean)
      .join('\n'),
    mentioned: parts.some(({ mentioned }) => mentioned),
    attachments: parts.flatMap(({ attachments }) => attachments),
  };
}
