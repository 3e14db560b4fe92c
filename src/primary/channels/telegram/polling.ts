/**
 * Asks the server for messages. The server forgets those before the offset that it is asked with, so this moves only past
 * messages that are taken; while one waits, those after it are asked for again and again, and taken once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Update } from 'grammy/types';
import { toError } from '../../../shared/to-error.js';
import { ChannelError, type AccountHost } from '../channel.js';
import { CallFailure, type BotApi } from './bot-api.js';
import { deadlineFor } from './deadline.js';
import { createIntake, wantedUpdates } from './intake.js';
import { telegramLimits } from './limits.js';
import type { Bot } from './mentions.js';
import { readOffset, type Offset } from './offset.js';

export interface Polled {
  readonly api: BotApi;
  readonly host: AccountHost;
  readonly bot: Bot;
  /** The server has answered the first call. */
  connected(): void;
}

/** Resolves or rejects when all that had come is taken, or waits for another time. @throws ChannelError, CallFailure */
export async function poll({ api, host, bot, connected }: Polled, signal: AbortSignal): Promise<void> {
  // While there is a webhook, the server does not answer who asks.
  await api.call('deleteWebhook', { drop_pending_updates: false }, { signal });
  const offset = await readOffset(host, bot.id);
  const over = new AbortController();
  const intake = createIntake(host, bot, api, over.signal);
  const open = createOpenUpdates((update) => intake.take(update));
  const fetch = createFetch(api, signal);
  let first = true;
  try {
    while (!signal.aborted) {
      const updates = await fetch(offset.value, first || open.waiting ? 0 : telegramLimits.pollSeconds);
      if (first) connected();
      first = false;
      host.alive();
      for (const update of updates) open.add(update, offset.value ?? 0);
      await open.settled(telegramLimits.besideWaitingMs, signal);
      await moveOn(offset, open);
    }
  } finally {
    over.abort();
    await open.ended();
    await moveOn(offset, open);
  }
}

async function moveOn(offset: Offset, open: OpenUpdates): Promise<void> {
  const next = open.takenUpTo();
  if (next !== undefined && next !== offset.value) await offset.moveTo(next);
}

/** One call for updates, which is repeated when the server has a moment's trouble. */
function createFetch(api: BotApi, signal: AbortSignal) {
  const ask = (offset: number | undefined, seconds: number): Promise<Update[]> =>
    api.call(
      'getUpdates',
      {
        limit: telegramLimits.updates,
        timeout: seconds,
        allowed_updates: wantedUpdates,
        ...(offset !== undefined && { offset }),
      },
      { signal, timeoutMs: seconds * 1000 + telegramLimits.pollGraceMs },
    );
  return async (offset: number | undefined, seconds: number): Promise<Update[]> => {
    for (let failures = 1; ; failures += 1) {
      try {
        return await ask(offset, seconds);
      } catch (caught) {
        const pause = pauseAfter(toError(caught), failures);
        if (signal.aborted || pause === undefined) throw caught;
        await sleep(pause, undefined, { signal });
      }
    }
  };
}

/** Undefined when there is no use in going on. @throws ChannelError */
function pauseAfter(error: Error, failures: number): number | undefined {
  const how = error instanceof CallFailure ? error.how : undefined;
  if (how?.kind === 'answered') {
    if (how.code === 409) throw conflict(how.description);
    if (how.retryAfterMs !== undefined) return how.retryAfterMs;
    if (how.code < 500) return undefined;
  }
  return failures < telegramLimits.pollTries ? telegramLimits.pollRetryMs * 2 ** (failures - 1) : undefined;
}

function conflict(description: string): ChannelError {
  const message = `another program takes this bot's messages; a bot token can be used in one place only (${description})`;
  return new ChannelError('lost', message, { retryAfterMs: telegramLimits.conflictMs });
}

interface OpenUpdates {
  readonly waiting: boolean;
  /** Does nothing with one that is known. */
  add(update: Update, from: number): void;
  /** Resolves when none waits, or after so long. */
  settled(ms: number, signal: AbortSignal): Promise<void>;
  /** Resolves when none is under way: call it after the signal. */
  ended(): Promise<void>;
  /** The first that is not taken, and forgets those before it; undefined when there were none. */
  takenUpTo(): number | undefined;
}

function createOpenUpdates(take: (update: Update) => Promise<void>): OpenUpdates {
  const waiting = new Map<number, Promise<void>>();
  const taken = new Set<number>();
  const all = async (): Promise<void> => void (await Promise.allSettled(waiting.values()));
  return {
    get waiting() {
      return waiting.size > 0;
    },
    add(update, from) {
      const { update_id: id } = update;
      if (id < from || waiting.has(id) || taken.has(id)) return;
      const done = take(update).then(
        () => {
          waiting.delete(id);
          taken.add(id);
        },
        // Ended by the signal: it comes again.
        () => undefined,
      );
      waiting.set(id, done);
    },
    async settled(ms, signal) {
      const deadline = deadlineFor(signal, ms);
      const over = new Promise((resolve) => {
        deadline.signal.addEventListener('abort', resolve, { once: true });
      });
      if (!deadline.signal.aborted) await Promise.race([all(), over]);
      deadline.end();
    },
    ended: all,
    takenUpTo() {
      const next = waiting.size > 0 ? Math.min(...waiting.keys()) : Math.max(...taken) + 1;
      for (const id of taken) if (id < next) taken.delete(id);
      return Number.isFinite(next) ? next : undefined;
    },
  };
}
