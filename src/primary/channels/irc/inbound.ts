/** From a line to a message for an agent; and what is no message but a question of a program (CTCP). */
import { randomUUID } from 'node:crypto';
import type { InboundMessage } from '../channel.js';
import { sourceOf, type Line } from './line.js';
import type { Self } from './self.js';

export interface Ctcp {
  readonly nick: string;
  readonly command: string;
  readonly params: string;
}

const CTCP = '\u0001';

/** Undefined for what is neither, such as a NOTICE, which nobody may answer. @param nameOf a channel, as the config names it */
export function readMessage(
  line: Line,
  self: Self,
  nameOf: (channel: string) => string,
): { readonly message: InboundMessage } | { readonly ctcp: Ctcp } | undefined {
  const [target = '', text = ''] = line.params;
  const { nick, userHost } = sourceOf(line);
  // A server has no `!` in its name.
  if (line.command !== 'PRIVMSG' || userHost === undefined || self.isSelf(nick)) return undefined;
  const [, verb = '', params = ''] = ctcpForm.exec(text) ?? [];
  if (text.startsWith(CTCP) && verb !== 'ACTION') return { ctcp: { nick, command: verb, params } };
  const isChannel = self.isChannel(target);
  if (!isChannel && !self.isSelf(target)) return undefined;
  const said = withoutFormatting(verb === 'ACTION' ? `* ${nick} ${params}` : text);
  const account = line.tags.get('account');
  const addressed = isChannel ? addressedTo(said, self) : { text: said, mentioned: false };
  if (addressed.text.trim() === '') return undefined;
  const mask = `${nick}!${userHost}`;
  return {
    message: {
      id: line.tags.get('msgid') ?? randomUUID(),
      peer: isChannel ? { kind: 'group', id: nameOf(target) } : { kind: 'direct', id: self.fold(nick) },
      sender: {
        // What nobody else can have first: a nick is whoever's turns up with it.
        id: account === undefined ? mask : `account:${account}`,
        name: nick,
        aliases: account === undefined ? [nick] : [mask, nick],
        ...(account === undefined && { origin: userHost.toLowerCase() }),
        ...(line.tags.has('bot') && { bot: true }),
      },
      text: addressed.text,
      mentioned: addressed.mentioned,
      attachments: [],
      sentAt: timeOf(line),
      ...(isChannel && { title: target }),
    },
  };
}

// oxlint-disable-next-line no-control-regex
const ctcpForm = /^\u0001([A-Za-z]+)(?: ([^\u0001]*))?\u0001?$/;

/** `nick: text` is for it, and the text is what follows; else it is mentioned where its nick is a word. */
function addressedTo(text: string, { nick }: Self): { readonly text: string; readonly mentioned: boolean } {
  const name = nick.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  const rest = new RegExp(`^@?${name}[:,](?:\\s+|$)`, 'i').exec(text);
  if (rest) return { text: text.slice(rest[0].length) || text, mentioned: true };
  const letters = String.raw`[\p{L}\p{N}_\-\[\]\\^{}|\x60]`;
  return { text, mentioned: new RegExp(`(?<!${letters})${name}(?!${letters})`, 'iu').test(text) };
}

const formatting =
  // oxlint-disable-next-line no-control-regex
  /\u0003(?:\d{1,2}(?:,\d{1,2})?)?|\u0004(?:[\da-f]{6}(?:,[\da-f]{6})?)?|[\u0001\u0002\u000f\u0011\u0016\u001d-\u001f]/gi;

/** Bold, colours and the like are no part of a text. */
function withoutFormatting(text: string): string {
  return text.replace(formatting, '');
}

function timeOf({ tags }: Line): number {
  const told = Date.parse(tags.get('time') ?? '');
  return Number.isNaN(told) ? Date.now() : told;
}
