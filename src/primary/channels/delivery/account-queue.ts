/**
 * What one account is to send: conversations side by side, each in its own order. Nothing of what waits is kept in memory;
 * the store is asked for the first ones of conversations, round and round, as long as there is room:
 *
 *   idle ──stored, connected──▶ looking ──room and a conversation that neither sends nor pauses──▶ sending ──over──▶ looking
 *                                  └── all seen, no room, not connected ──▶ idle
 */
import { deliveryLimits } from '../../../shared/channels/message-limits.js';
import type { Logger } from '../../../shared/log/logger.js';
import { toError } from '../../../shared/to-error.js';
import type { AccountName, DeliveryHead } from '../../store/channel-store.js';
import type { Store } from '../../store/store.js';
import type { RunningAccount } from '../accounts.js';
import type { Sending } from './send-delivery.js';

export interface AccountQueue {
  /** Something may be sent that could not before. */
  wake(): void;
  /** Resolves when nothing is being sent, and nothing is left that could be. */
  idle(): Promise<void>;
  stop(): void;
}

export interface AccountQueueOptions {
  readonly name: AccountName;
  readonly store: Pick<Store, 'deliveries'>;
  readonly log: Logger;
  now(): number;
  /** Undefined while it is not connected. */
  account(): RunningAccount | undefined;
  send(head: DeliveryHead, account: RunningAccount): Promise<Sending>;
  ended(head: DeliveryHead, end: Extract<Sending, { outcome: 'ended' }>): void;
}

interface Pause {
  readonly until: number;
  readonly tries: number;
}

export function createAccountQueue(options: AccountQueueOptions): AccountQueue {
  const { name, store, log, now } = options;
  const sending = new Set<string>();
  const pauses = new Map<string, Pause>();
  const idlers: (() => void)[] = [];
  /** The conversation after which to look on; undefined for the beginning. */
  let after: string | undefined;
  let looking = false;
  let again = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const pausedUntil = (conversation: string): number => pauses.get(conversation)?.until ?? 0;
  const hasRoom = (): boolean =>
    !stopped &&
    sending.size < deliveryLimits.conversations &&
    (pauses.size < deliveryLimits.pausing || [...pauses.values()].some(({ until }) => until <= now()));

  const look = async (): Promise<void> => {
    const from = after;
    let wrapped = false;
    while (hasRoom()) {
      const account = options.account();
      if (!account) return;
      const page = await store.deliveries.heads(name, after, deliveryLimits.page);
      for (const head of page) {
        if (!hasRoom()) return;
        after = head.conversation;
        if (!sending.has(after) && pausedUntil(after) <= now()) void send(head, account);
      }
      if (page.length === deliveryLimits.page) {
        // Once around is enough.
        if (wrapped && from !== undefined && (after ?? '') >= from) return;
        continue;
      }
      if (wrapped || from === undefined) return void (after = undefined);
      wrapped = true;
      after = undefined;
    }
  };

  const wake = (): void => {
    if (stopped) return;
    again = true;
    if (looking) return;
    looking = true;
    void (async () => {
      try {
        while (again) {
          again = false;
          await look();
        }
      } catch (caught) {
        log.error('delivery.look', toError(caught).message);
        schedule(now() + deliveryLimits.pauseMs);
      } finally {
        looking = false;
        settle();
      }
    })();
  };

  const send = async (head: DeliveryHead, account: RunningAccount): Promise<void> => {
    const { conversation } = head;
    sending.add(conversation);
    const result = await options.send(head, account);
    sending.delete(conversation);
    if (result.outcome === 'again') {
      const tries = (pauses.get(conversation)?.tries ?? 0) + 1;
      const until = now() + (result.afterMs ?? pauseAfter(tries));
      pauses.set(conversation, { until, tries });
      schedule(until);
    } else pauses.delete(conversation);
    if (result.outcome === 'ended') options.ended(head, result);
    wake();
    settle();
  };

  /** Looks again then. */
  const schedule = (at: number): void => {
    if (stopped) return;
    const next = Math.min(
      at,
      ...[...pauses.values()].map(({ until }) => until).filter((until) => until > now()),
    );
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        wake();
        const later = [...pauses.values()].map(({ until }) => until).filter((until) => until > now());
        if (later.length > 0) schedule(Math.min(...later));
      },
      Math.max(0, next - now()),
    ).unref();
  };

  const isIdle = (): boolean => !looking && sending.size === 0;
  const settle = (): void => {
    if (isIdle()) for (const resolve of idlers.splice(0)) resolve();
  };

  return {
    wake,
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function pauseAfter(tries: number): number {
  const { pauseMs, longestPauseMs } = deliveryLimits;
  return Math.min(pauseMs * 2 ** Math.min(tries - 1, 20), longestPauseMs);
}
