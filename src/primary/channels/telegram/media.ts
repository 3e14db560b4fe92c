/** Which call sends an attachment. Telegram fetches what is named by an address itself. */
import { InputFile } from 'grammy/web';
import { SendError, type OutboundMedia } from '../channel.js';
import { telegramLimits } from './limits.js';

/** The method, and the parameter that holds the file. */
const ways = {
  photo: 'sendPhoto',
  animation: 'sendAnimation',
  video: 'sendVideo',
  audio: 'sendAudio',
  voice: 'sendVoice',
  document: 'sendDocument',
} as const;

export interface MediaCall {
  readonly method: (typeof ways)[keyof typeof ways];
  readonly file: Readonly<Record<string, string | InputFile>>;
}

/** @throws SendError when there is no file in it */
export function mediaCall(media: OutboundMedia): MediaCall {
  const inline = media.url.startsWith('data:') ? fileIn(media.url) : undefined;
  const kind = kindOf(media, inline?.type ?? typeByName(media.url));
  const file = inline ? new InputFile(inline.bytes, inline.name) : media.url;
  return { method: ways[kind], file: { [kind]: file } };
}

function kindOf({ asVoice, asDocument }: OutboundMedia, type: string): keyof typeof ways {
  if (asVoice) return 'voice';
  if (asDocument) return 'document';
  if (type === 'image/gif') return 'animation';
  if (/^image\/(?:jpe?g|png|webp)$/.test(type)) return 'photo';
  if (type === 'video/mp4') return 'video';
  return type === 'audio/mpeg' || type === 'audio/mp4' ? 'audio' : 'document';
}

const types: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  mp4: 'video/mp4',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
};

function typeByName(url: string): string {
  const [, ending = ''] = /\.(\w+)$/.exec(URL.canParse(url) ? new URL(url).pathname : '') ?? [];
  return types[ending.toLowerCase()] ?? '';
}

interface InlineFile {
  readonly type: string;
  readonly name: string;
  readonly bytes: Buffer;
}

function fileIn(url: string): InlineFile {
  const [head, type] = /^data:([^;,]*)(?:;[^;,]*)*;base64,/.exec(url.slice(0, headChars)) ?? [];
  if (head === undefined || type === undefined)
    throw new SendError('refused', 'the data: address holds no file in base64');
  if ((url.length - head.length) * 0.75 > telegramLimits.uploadBytes)
    throw new SendError('refused', `the file has more than ${telegramLimits.uploadBytes} bytes`);
  const ending = Object.keys(types).find((one) => types[one] === type) ?? type.split('/')[1] ?? 'bin';
  return { type, name: `file.${ending}`, bytes: Buffer.from(url.slice(head.length), 'base64') };
}

/** What comes before the data. */
const headChars = 256;
