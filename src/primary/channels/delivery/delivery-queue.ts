/**
 * What is to be sent to chat networks: on disk before anybody is told that it will be, sent once, in the order of its
 * conversation, and tried for a day. What it waits for is an account that is connected.
 */
import { deliveryLimits } from '../../../shared/channels/message-limits.js';
import { deferred, type Deferred } from '../../../shared/deferred.js';
import { createKeyedQueue } from '../../../shared/keyed-queue.js';
import type { Logger } from '../../../shared/log/logger.js';
import type { DeliveryEnd, DeliveryState } from '../../../shared/store/channel-records.js';
import { toError } from '../../../shared/to-error.js';
import type { AccountName, DeliveryCounts, DeliveryHead } from '../../store/channel-store.js';
import type { Store } from '../../store/store.js';
import type { Accounts } from '../accounts.js';
import type { Deliveries, DeliveryOutcome } from '../deliveries.js';
import { createAccountQueue, type AccountQueue } from './account-queue.js';
import { sendDelivery } from './send-delivery.js';

export interface DeliveryQueue {
  readonly enqueue: Deliveries['enqueue'];
  /** Something may be sent for this account: it is connected, or somebody else has stored something. */
  wake(account: AccountName): void;
  counts(account: AccountName): Promise<DeliveryCounts>;
  /** Goes on with what a restart has left. */
  recover(): Promise<void>;
  /** Sends what can be sent in a short time, and no more. */
  stop(): Promise<void>;
}

export interface DeliveryQueueOptions {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly observer: DeliveryObserver;
  /** The message that shows the answer already, once no change of it is under way; undefined for none. */
  settledDraft(id: string): Promise<string | undefined>;
  readonly log: Logger;
  now(): number;
}

export interface DeliveryObserver {
  delivered(ended: {
    readonly channel: string;
    readonly kind: string;
    readonly outcome: DeliveryEnd['status'];
    readonly category: string;
    readonly ms: number;
  }): void;
}

export function createDeliveryQueue(options: DeliveryQueueOptions): DeliveryQueue {
  const { store, accounts, observer, log, now } = options;
  const queues = new Map<string, AccountQueue>();
  const waiting = new Map<string, Deferred<DeliveryOutcome>>();
  const enqueuing = createKeyedQueue();
  const abort = new AbortController();
  let stopping = false;
  let sweeping: NodeJS.Timeout | undefined;

  const report = (
    { delivery }: Pick<DeliveryHead, 'delivery'>,
    state: DeliveryState,
    end: DeliveryEnd,
    category: string,
  ): void => {
    const { id, route, kind, createdAt } = delivery;
    const ms = end.endedAt - createdAt;
    observer.delivered({ channel: route.channel, kind, outcome: end.status, category, ms });
    waiting.get(id)?.resolve(outcomeOf(state, end));
    waiting.delete(id);
  };

  const isConnected = ({ channel, accountId }: AccountName): boolean =>
    accounts.find(channel, accountId)?.connected === true;

  const queueOf = (name: AccountName): AccountQueue => {
    const key = JSON.stringify([name.channel, name.accountId]);
    const known = queues.get(key);
    if (known) return known;
    const queue = createAccountQueue({
      name,
      store,
      log,
      now,
      account: () => (isConnected(name) ? accounts.find(name.channel, name.accountId) : undefined),
      send: (head, account) =>
        sendDelivery(head, account, {
          store,
          log,
          now,
          settledDraft: options.settledDraft,
          stopping: () => stopping,
          abort: abort.signal,
        }),
      ended: (head, { state, end, category }) => report(head, state, end, category),
    });
    queues.set(key, queue);
    return queue;
  };

  const endOf = (id: string): Promise<DeliveryOutcome> => {
    const known = waiting.get(id) ?? deferred<DeliveryOutcome>();
    waiting.set(id, known);
    return known.promise;
  };

  /** Ends what is too old, of accounts that are not there to send it. */
  const sweep = async (): Promise<void> => {
    await store.pruneDeliveries(now() - deliveryLimits.keptMs);
    for (const name of await store.deliveries.accounts()) {
      // One that is there sees for itself.
      if (isConnected(name)) continue;
      for (let after: string | undefined; ;) {
        if (stopping) return;
        const page = await store.deliveries.heads(name, after, deliveryLimits.swept);
        const old = page.filter(({ delivery }) => now() - delivery.createdAt > deliveryLimits.oldestMs);
        for (const head of old) await expire(head);
        // Behind the first of a conversation others may be too old.
        if (old.length === 0) after = page.at(-1)?.conversation;
        if (old.length === 0 && page.length < deliveryLimits.swept) break;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };

  const expire = async (head: DeliveryHead): Promise<void> => {
    const status = head.state.sending || head.state.unknown > 0 ? 'unknown' : 'failed';
    const end: DeliveryEnd = { endedAt: now(), status, error: 'it could not be sent in time' };
    const state = { ...head.state, sending: false, end };
    await store.commit([{ type: 'delivery-state', id: head.delivery.id, state }]);
    report(head, state, end, 'too_old');
  };

  return {
    enqueue: (asked) =>
      enqueuing.run(asked.id, async () => {
        const { id, route } = asked;
        if (!(await store.deliveries.get(id))) {
          await store.commit([{ type: 'delivery', delivery: { ...asked, createdAt: now() } }]);
        }
        if (!stopping) queueOf(route).wake();
        return {
          /** Nobody need wait for it. */
          get ended() {
            return (async () => {
              const waits = endOf(id);
              const state = (await store.deliveries.get(id))?.state;
              if (!state?.end) return waits;
              waiting.delete(id);
              return outcomeOf(state, state.end);
            })();
          },
        };
      }),
    wake(name) {
      if (!stopping) queueOf(name).wake();
    },
    counts: (name) => store.deliveries.counts(name),
    async recover() {
      for (const name of await store.deliveries.accounts()) queueOf(name).wake();
      const swept = (): void =>
        void sweep().catch((caught: unknown) => log.error('delivery.sweep', toError(caught).message));
      sweeping = setInterval(swept, deliveryLimits.sweepMs);
      sweeping.unref();
      setImmediate(swept);
    },
    async stop() {
      clearInterval(sweeping);
      const all = [...queues.values()];
      const idle = Promise.all(all.map((queue) => queue.idle()));
      await Promise.race([idle, time(deliveryLimits.drainMs)]);
      stopping = true;
      for (const queue of all) queue.stop();
      await Promise.race([idle, time(deliveryLimits.abortMs)]);
      abort.abort();
      await Promise.race([idle, time(deliveryLimits.abortMs)]);
    },
  };
}

function outcomeOf({ messageIds }: DeliveryState, { status, error = '' }: DeliveryEnd): DeliveryOutcome {
  return status === 'sent' ? { status, messageIds } : { status, error };
}

function time(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
