/** The methods of the Bot API that a chat gateway calls. */
import type { Update } from 'grammy/types';
import { ApiError, badRequest } from './answer.js';
import type { Chats, SentMessage } from './chats.js';
import type { Flood } from './flood.js';
import type { ApiParams } from './request.js';
import type { Updates, Webhook } from './updates.js';

export interface State {
  readonly bot: { readonly id: number; readonly username: string };
  readonly chats: Chats;
  readonly updates: Updates;
  readonly flood: Flood;
  /** By file id. */
  readonly files: ReadonlyMap<string, { readonly path: string; readonly bytes: Buffer }>;
}

type Method = (state: State, params: ApiParams, signal: AbortSignal) => unknown;

export const methods: Readonly<Record<string, Method>> = {
  getMe: ({ bot }) => ({ ...bot, is_bot: true, first_name: 'Bot', can_join_groups: true }),
  logOut: () => true,
  close: () => true,
  getUpdates: ({ updates }, { values }, signal): Promise<readonly Update[]> =>
    updates.get(
      {
        offset: Number(values.offset ?? 0),
        limit: Math.min(Math.max(Number(values.limit ?? 100), 1), 100),
        seconds: Math.min(Number(values.timeout ?? 0), 50),
        allowed: values.allowed_updates as readonly string[] | undefined,
      },
      signal,
    ),
  setWebhook({ updates }, { values }) {
    const { url = '', allowed_updates: allowed } = values;
    const secret = values.secret_token as string | undefined;
    if (secret !== undefined && !/^[\w-]{1,256}$/.test(secret))
      throw badRequest('secret token contains unallowed characters');
    if (values.drop_pending_updates === true) updates.drop();
    const webhook: Webhook = {
      url: String(url),
      secret,
      maxConnections: Number(values.max_connections ?? 40),
    };
    updates.setWebhook(url === '' ? undefined : webhook, allowed as readonly string[] | undefined);
    return true;
  },
  deleteWebhook({ updates }, { values }) {
    if (values.drop_pending_updates === true) updates.drop();
    updates.setWebhook(undefined, undefined);
    return true;
  },
  getWebhookInfo({ updates: { webhook, waiting, failures } }) {
    const last = failures.at(-1);
    return {
      url: webhook?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: waiting.length,
      ...(webhook && { max_connections: webhook.maxConnections }),
      ...(last !== undefined && { last_error_message: last }),
    };
  },
  sendMessage: (state, { values }) =>
    shown(
      state,
      counted(state, values, () => state.chats.send(values)),
    ),
  sendPhoto: media('photo'),
  sendAnimation: media('animation'),
  sendVideo: media('video'),
  sendAudio: media('audio'),
  sendVoice: media('voice'),
  sendDocument: media('document'),
  editMessageText: (state, { values }) =>
    shown(
      state,
      counted(state, values, () => state.chats.edit(values)),
    ),
  sendChatAction: ({ chats }, { values }) => chats.chatIdOf(values) !== 0,
  setMessageReaction: ({ chats }, { values }) => chats.chatIdOf(values) !== 0,
  getFile({ files }, { values }) {
    const file = files.get(String(values.file_id));
    if (!file) throw badRequest('wrong file_id or the file is temporarily unavailable');
    if (file.bytes.length > 20 * 1024 * 1024) throw badRequest('file is too big');
    return {
      file_id: values.file_id,
      file_unique_id: `u-${String(values.file_id)}`,
      file_size: file.bytes.length,
      file_path: file.path,
    };
  },
};

function media(kind: string): Method {
  return (state, { values, files }) => {
    const given = files[kind] ?? attached(values[kind], files) ?? values[kind];
    if (given === undefined || given === '') throw badRequest(`there is no ${kind} in the request`);
    const from = typeof given === 'string' ? given : (given as { name: string; bytes: Buffer });
    if (typeof from === 'string' && !/^https?:\/\//.test(from))
      throw badRequest('wrong file identifier/HTTP URL specified');
    return shown(
      state,
      counted(state, values, () => state.chats.send(values, { kind, from })),
    );
  };
}

/** `attach://name` stands for a part of the form. */
function attached(value: unknown, files: ApiParams['files']) {
  const [, name] = /^attach:\/\/(.+)$/.exec(typeof value === 'string' ? value : '') ?? [];
  return name === undefined ? undefined : files[name];
}

function counted<T>({ flood, chats }: State, values: Readonly<Record<string, unknown>>, go: () => T): T {
  const seconds = flood.take(chats.chatIdOf(values));
  if (seconds !== undefined)
    throw new ApiError(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
  return go();
}

function shown({ bot }: State, { chatId, messageId, text, media }: SentMessage) {
  return {
    message_id: messageId,
    from: { ...bot, is_bot: true, first_name: 'Bot' },
    chat: chatId < 0 ? { id: chatId, type: 'supergroup', title: 'Group' } : { id: chatId, type: 'private' },
    date: Math.floor(Date.now() / 1000),
    ...(media ? { caption: text } : { text }),
  };
}
