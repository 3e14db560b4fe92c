/**
 * A server of Telegram's Bot API for tests: a real HTTP server that answers as the real one does, to the bot of one token,
 * and fails as tests tell it to. It outlives the gateways that it serves, so that what was lost or doubled shows.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message, Update } from 'grammy/types';
import { answerError, answerResult, ApiError } from './answer.js';
import { createChats, type SentMessage } from './chats.js';
import { createFaults, type Faults } from './faults.js';
import { createFlood } from './flood.js';
import { methods, type State } from './methods.js';
import { readParams, type ApiParams } from './request.js';
import { createUpdates } from './updates.js';

export interface ApiCall extends ApiParams {
  readonly method: string;
}

/** What a test says of a message; the rest is made up. */
export type Said = Omit<Partial<Message>, 'chat'> & {
  readonly chat?: { readonly id: number; readonly type?: string; readonly title?: string };
};

export interface FakeBotApi {
  readonly apiRoot: string;
  readonly token: string;
  readonly bot: { readonly id: number; readonly username: string };
  /** Calls so far, also those that failed. */
  readonly calls: readonly ApiCall[];
  /** What users see of the bot, in the order in which it came. */
  readonly sent: readonly SentMessage[];
  readonly faults: Faults;
  /** Answers of 429 that no test asked for: the bot was too fast. */
  readonly tooFast: number;
  /** Updates that the bot has not confirmed. */
  readonly waiting: readonly Update[];
  readonly webhookFailures: readonly string[];
  /** A message to the bot: private, of one person, unless it says otherwise. */
  say(message: Said): Update;
  post(message: Said): Update;
  /** The same message again, as another update or the same. */
  repeat(update: Update, id?: number): void;
  /** Its id in messages. */
  addFile(path: string, bytes: Buffer): string;
  block(chatId: number): void;
  /** The chat is known, though nobody has written in it. */
  openChat(chatId: number): void;
  /** Nobody listens any more on its port; `up` ends that. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface FakeBotApiOptions {
  readonly token?: string;
  /** After each call that fails on purpose the next one of its method does not. */
  readonly faultsApart?: boolean;
}

const FIRST_UPDATE = 700_000_000;

export async function startFakeBotApi(options: FakeBotApiOptions = {}): Promise<FakeBotApi> {
  const { token = '123456:AAfake-bot-token-0123456789abcdefgh', faultsApart = false } = options;
  const bot = { id: Number(token.split(':')[0]), username: 'pllan_test_bot' };
  const chats = createChats();
  const updates = createUpdates(FIRST_UPDATE);
  const faults = createFaults(faultsApart);
  const files = new Map<string, { readonly path: string; readonly bytes: Buffer }>();
  const state: State = { bot, chats, updates, files, flood: createFlood() };
  const calls: ApiCall[] = [];
  let tooFast = 0;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://server');
    const params = await readParams(request, url);
    const [, kind, given, rest = ''] = /^\/(file\/)?bot([^/]*)\/(.+)$/.exec(url.pathname) ?? [];
    if (given === undefined) return answerError(response, new ApiError(404, 'Not Found'));
    if (given !== token) {
      const hasForm = /^\d+:[\w-]+$/.test(given);
      return answerError(
        response,
        hasForm ? new ApiError(401, 'Unauthorized') : new ApiError(404, 'Not Found'),
      );
    }
    if (kind !== undefined) return serveFile(response, rest);
    const method = Object.keys(methods).find((name) => name.toLowerCase() === rest.toLowerCase());
    if (method === undefined) return answerError(response, new ApiError(404, 'Not Found'));
    calls.push({ method, ...params });
    await answer(method, params, request, response);
  };

  const answer = async (
    method: string,
    params: ApiParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const fault = faults.take(method);
    if (fault?.kind === 'error') {
      const { code, description, retryAfter } = fault;
      const parameters = retryAfter === undefined ? undefined : { retry_after: retryAfter };
      return answerError(response, new ApiError(code, description, parameters));
    }
    if (fault?.kind === 'proxy') {
      response.writeHead(fault.status, { 'content-type': 'text/html' });
      response.end('<html><body>Bad Gateway</body></html>');
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const result = fault?.done === false ? undefined : await methods[method]?.(state, params, gone.signal);
      if (fault?.kind === 'reset') request.socket.resetAndDestroy();
      else if (!fault) answerResult(response, result);
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      if (caught.code === 429) tooFast += 1;
      answerError(response, caught);
    }
  };

  const serveFile = (response: ServerResponse, path: string): void => {
    const file = [...files.values()].find((one) => one.path === path);
    if (!file) return answerError(response, new ApiError(404, 'Not Found'));
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': file.bytes.length,
    });
    response.end(file.bytes);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => void server.close(() => resolve()));
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const complete = (message: Said): Message => {
    const { from } = message;
    const id = message.chat?.id ?? from?.id ?? 1001;
    const person = { id, is_bot: false, first_name: 'Ada' };
    const chat = {
      id,
      ...(id > 0 ? { type: 'private', first_name: 'Ada' } : { type: 'supergroup', title: 'Group' }),
    };
    chats.open(id);
    return {
      message_id: chats.nextMessageId(id),
      date: Math.floor(Date.now() / 1000),
      from: id > 0 ? person : { ...person, id: 1001 },
      ...message,
      chat: { ...chat, ...message.chat },
    } as Message;
  };
  return {
    apiRoot: `http://127.0.0.1:${port}`,
    token,
    bot,
    calls,
    sent: chats.sent,
    faults,
    get tooFast() {
      return tooFast;
    },
    get waiting() {
      return updates.waiting;
    },
    get webhookFailures() {
      return updates.failures;
    },
    say: (message) => updates.add({ message: complete(message) as Update['message'] & {} }),
    post(message) {
      const { from: _from, ...post } = complete({
        ...message,
        chat: { id: -1001, ...message.chat, type: 'channel' },
      });
      return updates.add({ channel_post: post as Update['channel_post'] & {} });
    },
    repeat: ({ update_id: _id, ...content }, id) => void updates.add(content, id),
    addFile(path, bytes) {
      const id = `file-${files.size + 1}`;
      files.set(id, { path, bytes });
      return id;
    },
    block: (chatId) => void chats.blocked.add(chatId),
    openChat: (chatId) => chats.open(chatId),
    down: close,
    up: () => listen(port),
    stop() {
      updates.stop();
      return close();
    },
  };
}
