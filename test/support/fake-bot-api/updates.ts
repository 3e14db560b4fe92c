/**
 * Updates that wait for the bot: handed out to whoever asks, from an offset on that confirms those before it, or sent to
 * its webhook, where those of one chat wait for one another and each is repeated until it is answered with 200.
 */
import type { Update } from 'grammy/types';
import { ApiError, badRequest } from './answer.js';

export interface Webhook {
  readonly url: string;
  readonly secret: string | undefined;
  readonly maxConnections: number;
}

export interface Asked {
  readonly offset: number;
  readonly limit: number;
  readonly seconds: number;
  readonly allowed: readonly string[] | undefined;
}

export interface Updates {
  /** Not kept when its kind is not wanted. Its id is the next one, or one that is given. */
  add(content: Omit<Update, 'update_id'>, id?: number): Update;
  /** Resolves with what there is, as soon as there is something, or nothing when the time is over. @throws ApiError */
  get(asked: Asked, signal: AbortSignal): Promise<readonly Update[]>;
  /** Ends the calls that wait, as a server that stops does. */
  setWebhook(webhook: Webhook | undefined, allowed: readonly string[] | undefined): void;
  readonly webhook: Webhook | undefined;
  /** Neither confirmed nor answered. */
  readonly waiting: readonly Update[];
  /** Requests to the webhook that were not answered with 200. */
  readonly failures: readonly string[];
  drop(): void;
  stop(): void;
}

const conflicts = {
  webhook:
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  other: 'terminated by other getUpdates request; make sure that only one bot instance is running',
  set: 'terminated by setWebhook request',
};

const conflict = (what: string): ApiError => new ApiError(409, `Conflict: ${what}`);

export function createUpdates(firstId: number): Updates {
  let nextId = firstId;
  let queue: Update[] = [];
  let wanted: readonly string[] | undefined;
  let webhook: Webhook | undefined;
  let poller: { end(error?: ApiError): void } | undefined;
  const failures: string[] = [];
  /** Chats of which something is under way to the webhook. */
  const busy = new Map<string, AbortController>();

  const remove = (update: Update): void => void (queue = queue.filter((one) => one !== update));
  const deliver = async (target: Webhook, chat: string, update: Update): Promise<void> => {
    const stopped = new AbortController();
    busy.set(chat, stopped);
    try {
      const failure = await post(target, update, stopped.signal);
      if (failure === undefined) remove(update);
      else {
        failures.push(failure);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    } finally {
      busy.delete(chat);
      push();
    }
  };
  const push = (): void => {
    if (!webhook) return;
    for (const update of queue) {
      if (busy.size >= webhook.maxConnections) return;
      const chat = chatOf(update);
      if (!busy.has(chat)) void deliver(webhook, chat, update);
    }
  };
  return {
    get webhook() {
      return webhook;
    },
    get waiting() {
      return queue;
    },
    failures,
    add(content, id = nextId) {
      nextId = Math.max(nextId, id + 1);
      const update: Update = { update_id: id, ...content };
      const [kind = ''] = Object.keys(content);
      if (wanted && !wanted.includes(kind)) return update;
      queue.push(update);
      poller?.end();
      push();
      return update;
    },
    async get({ offset, limit, seconds, allowed }, signal) {
      if (webhook) throw conflict(conflicts.webhook);
      poller?.end(conflict(conflicts.other));
      if (allowed) wanted = allowed;
      if (offset < 0) queue = queue.slice(offset);
      else queue = queue.filter(({ update_id: id }) => id >= offset);
      if (queue.length === 0 && seconds > 0) {
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(() => mine.end(), seconds * 1000);
          const mine = {
            end(error?: ApiError): void {
              clearTimeout(timer);
              if (poller === mine) poller = undefined;
              if (error) reject(error);
              else resolve();
            },
          };
          poller = mine;
          signal.addEventListener('abort', () => mine.end());
        });
      }
      return queue.slice(0, limit);
    },
    setWebhook(next, allowed) {
      if (next && !/^https?:\/\//.test(next.url))
        throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
      webhook = next;
      if (allowed) wanted = allowed;
      poller?.end(conflict(conflicts.set));
      push();
    },
    drop: () => void (queue = []),
    stop() {
      webhook = undefined;
      poller?.end();
      for (const stopped of busy.values()) stopped.abort();
    },
  };
}

const RETRY_MS = 50;

/** What it was answered with, when that was not 200. */
async function post(target: Webhook, update: Update, signal: AbortSignal): Promise<string | undefined> {
  try {
    const headers = {
      'content-type': 'application/json',
      ...(target.secret !== undefined && { 'x-telegram-bot-api-secret-token': target.secret }),
    };
    const answer = await fetch(target.url, { method: 'POST', headers, body: JSON.stringify(update), signal });
    await answer.arrayBuffer();
    return answer.ok ? undefined : `Wrong response from the webhook: ${answer.status} ${answer.statusText}`;
  } catch (caught) {
    return String(caught);
  }
}

function chatOf(update: Update): string {
  const message = update.message ?? update.channel_post ?? update.edited_message;
  return String(message?.chat.id ?? `update ${update.update_id}`);
}
