/**
 * How fast Telegram lets a bot send: in all, in each chat and in each group. Each of them is a time that moves on by an
 * interval with every message and may be ahead of the clock by a burst of them (the generic cell rate algorithm).
 */
import { setTimeout } from 'node:timers/promises';
import { telegramPace } from './limits.js';

export interface Pacer {
  /** Resolves when a message may go to the chat; it does not take the turn. Rejects when the signal ends it. */
  ready(chat: string, signal: AbortSignal): Promise<void>;
  /** The same, and takes the turn. */
  take(chat: string, signal: AbortSignal): Promise<void>;
  /** The server has said that it takes nothing there for so long. */
  hold(chat: string, ms: number): void;
}

interface Rate {
  readonly burst: number;
  readonly intervalMs: number;
}

export interface Clock {
  /** Milliseconds; it only moves forward. */
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
};

export function createPacer({ now, sleep }: Clock = realClock): Pacer {
  /** By chat: when the messages that were sent would all have been due. */
  const dueAt = new Map<string, number>();
  let allDueAt = 0;
  const waitMs = (chat: string): number =>
    Math.max(ahead(allDueAt, telegramPace.all, now()), ahead(dueAt.get(chat) ?? 0, rateOf(chat), now()));
  const turn = async (chat: string, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    for (let ms = waitMs(chat); ms > 0; ms = waitMs(chat)) await sleep(Math.ceil(ms), signal);
  };
  const move = (chat: string, to: number): void => {
    dueAt.delete(chat);
    dueAt.set(chat, to);
    const [oldest] = dueAt.keys();
    if (dueAt.size > telegramPace.chats && oldest !== undefined) dueAt.delete(oldest);
  };
  return {
    ready: turn,
    async take(chat, signal) {
      // Whoever waited with it may have been first.
      while (waitMs(chat) > 0) await turn(chat, signal);
      signal.throwIfAborted();
      const at = now();
      allDueAt = Math.max(allDueAt, at) + telegramPace.all.intervalMs;
      move(chat, Math.max(dueAt.get(chat) ?? 0, at) + rateOf(chat).intervalMs);
    },
    hold(chat, ms) {
      const { burst, intervalMs } = rateOf(chat);
      // As if so much had been sent that the next may go then.
      move(chat, Math.max(dueAt.get(chat) ?? 0, now() + ms + (burst - 1) * intervalMs));
    },
  };
}

/** Ids of groups and channels are negative. */
function rateOf(chat: string): Rate {
  return chat.startsWith('-') ? telegramPace.group : telegramPace.chat;
}

/** How long until another one fits in. */
function ahead(dueAt: number, { burst, intervalMs }: Rate, at: number): number {
  return dueAt - at - (burst - 1) * intervalMs;
}
