/** Files of a message: what they are said to be, and a way to get them, which nobody need take. */
import type { Message } from 'grammy/types';
import type { InboundAttachment } from '../channel.js';
import type { BotApi } from './bot-api.js';

interface SentFile {
  readonly file_id: string;
  readonly file_size?: number;
  readonly mime_type?: string;
  readonly file_name?: string;
}

export function attachmentsOf(message: Message, api: BotApi): InboundAttachment[] {
  const { photo, document, voice, audio, video, video_note: round, animation, sticker } = message;
  const found: InboundAttachment[] = [];
  const add = (file: SentFile | undefined, kind: InboundAttachment['kind'], mimeType: string): void => {
    if (file) found.push(attachment(file, kind, file.mime_type ?? mimeType, api));
  };
  // The same picture in several sizes, the largest last.
  add(photo?.at(-1), 'image', 'image/jpeg');
  // An animation is repeated as a document.
  if (animation) add(animation, 'video', 'video/mp4');
  else if (document) add(document, kindOf(document.mime_type), 'application/octet-stream');
  add(voice, 'audio', 'audio/ogg');
  add(audio, 'audio', 'audio/mpeg');
  add(video, 'video', 'video/mp4');
  add(round, 'video', 'video/mp4');
  if (sticker && !sticker.is_animated && !sticker.is_video) add(sticker, 'image', 'image/webp');
  return found;
}

function kindOf(mimeType = ''): InboundAttachment['kind'] {
  const [type] = mimeType.split('/');
  return type === 'image' || type === 'audio' || type === 'video' ? type : 'file';
}

function attachment(
  { file_id, file_size, file_name }: SentFile,
  kind: InboundAttachment['kind'],
  mimeType: string,
  api: BotApi,
): InboundAttachment {
  return {
    kind,
    mimeType,
    ...(file_name !== undefined && { filename: file_name }),
    ...(file_size !== undefined && { bytes: file_size }),
    async fetch(maxBytes, signal) {
      if (file_size !== undefined && file_size > maxBytes)
        throw new Error(`the file has ${file_size} bytes, more than ${maxBytes}`);
      const { file_path } = await api.call('getFile', { file_id }, { signal });
      if (file_path === undefined) throw new Error('Telegram does not give the file out');
      return api.download(file_path, maxBytes, signal);
    },
  };
}
