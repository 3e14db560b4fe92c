/** What is sent to chat networks, whatever they answer and whenever the gateway dies. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createDeliveryQueue,
  type DeliveryObserver,
  type DeliveryQueue,
} from '../../../src/primary/channels/delivery/delivery-queue.js';
import type { NewDelivery } from '../../../src/primary/channels/deliveries.js';
import type { Store } from '../../../src/primary/store/store.js';
import { deliveryLimits } from '../../../src/shared/channels/message-limits.js';
import {
  fakeNetwork,
  silent,
  storeOnDisk,
  type FakeNetwork,
  type Reaction,
  type StoreOnDisk,
} from './support/fake-network.js';

let disk: StoreOnDisk;
let network: FakeNetwork;
let ended: Parameters<DeliveryObserver['delivered']>[0][];
let time: number;
const running: DeliveryQueue[] = [];

beforeEach(() => {
  disk = storeOnDisk();
  network = fakeNetwork();
  ended = [];
  time = 1_000_000;
});
afterEach(async () => {
  network.react = () => 'ok';
  await Promise.all(running.splice(0).map((queue) => queue.stop()));
  await disk.dispose();
});

function queueOn(store: Store = disk.store): DeliveryQueue {
  const queue = createDeliveryQueue({
    store,
    accounts: network.accounts,
    observer: { delivered: (one) => void ended.push(one) },
    settledDraft: async (id) => (await store.deliveries.draft(id))?.messageId,
    log: silent,
    now: () => time,
  });
  if (store === disk.store) running.push(queue);
  return queue;
}

const to = (chat: string) => ({ channel: 'net', accountId: 'a', kind: 'direct', id: chat }) as const;
const one = (id: string, more: Partial<NewDelivery> = {}): NewDelivery => ({
  id,
  route: to('chat'),
  text: `text ${id}`,
  kind: 'send',
  ...more,
});
const texts = (): string[] => network.messages.map(({ text }) => text);
const outcome = async (queue: DeliveryQueue, delivery: NewDelivery) => (await queue.enqueue(delivery)).ended;

describe('a delivery', () => {
  it('is sent once, although it is asked for twice', async () => {
    const queue = queueOn();
    const [first, second] = await Promise.all([outcome(queue, one('A')), outcome(queue, one('A'))]);
    expect([first, second]).toEqual([{ status: 'sent', messageIds: ['m1'] }, first]);
    expect(await outcome(queue, one('A', { text: 'other' }))).toEqual(first);
    expect(texts()).toEqual(['text A']);
    expect(ended).toMatchObject([{ channel: 'net', kind: 'send', outcome: 'sent', category: 'none' }]);
  });

  it('goes in parts, the first of which answers a message', async () => {
    const text = `${'a'.repeat(60)}\n${'b'.repeat(60)}`;
    expect(await outcome(queueOn(), one('A', { text, replyToId: 'r' }))).toMatchObject({
      messageIds: ['m1', 'm2'],
    });
    expect(network.messages.map(({ text: sent, replyToId }) => [sent[0], replyToId])).toEqual([
      ['a', 'r'],
      ['b', undefined],
    ]);
  });

  it('names files where the network takes none, else sends them', async () => {
    const media = [{ url: 'https://x/1.png' }];
    await outcome(queueOn(), one('A', { text: 'Look', media }));
    network = fakeNetwork({ media: true });
    await outcome(queueOn(), one('B', { text: 'Look', media }));
    expect(network.sends).toMatchObject([{ text: 'Look', media: media[0] }]);
  });

  it('waits for its account, also over a restart', async () => {
    network.connected = false;
    await queueOn().enqueue(one('A'));
    expect(await queueOn().counts({ channel: 'net', accountId: 'a' })).toMatchObject({ waiting: 1 });
    const queue = queueOn();
    await queue.recover();
    network.connected = true;
    queue.wake({ channel: 'net', accountId: 'a' });
    expect(await outcome(queue, one('A'))).toMatchObject({ status: 'sent' });
    expect(texts()).toEqual(['text A']);
  });

  it.each([
    ['refused', 'failed', 'refused'],
    ['unknown', 'unknown', 'unknown'],
    ['lost', 'unknown', 'unknown'],
  ] as const)('that is %s ends as %s, and is not sent again', async (reaction, status, category) => {
    network.react = () => reaction;
    const queue = queueOn();
    expect(await outcome(queue, one('A'))).toMatchObject({ status });
    expect(network.sends).toHaveLength(1);
    expect(ended).toMatchObject([{ outcome: status, category }]);
    const counts = await queue.counts({ channel: 'net', accountId: 'a' });
    expect(counts).toEqual({ failed: 0, unknown: 0, [status]: 1, waiting: 0 });
  });

  it('that is not sent is tried again, and those behind it wait', async () => {
    const reactions: Reaction[] = ['not-sent', 'not-sent', 'ok'];
    network.react = () => reactions.shift() ?? 'ok';
    const queue = queueOn();
    const both = [outcome(queue, one('A')), outcome(queue, one('B'))];
    const timer = setInterval(() => (time += 10), 1);
    await Promise.all(both);
    clearInterval(timer);
    expect(texts()).toEqual(['text A', 'text B']);
    expect(network.sends.map(({ text }) => text)).toEqual(['text A', 'text A', 'text A', 'text B']);
  });

  it('of which nobody knows goes again, under its id, where the network knows repeats', async () => {
    network = fakeNetwork({ repeats: true });
    const reactions: Reaction[] = ['unknown'];
    network.react = () => reactions.shift() ?? 'dies';
    const lasting = one('A');
    const timer = setInterval(() => (time += 10), 1);
    const { store, die } = disk.mortal();
    const died = new Promise<void>((resolve) => (network.died = resolve));
    await queueOn(store).enqueue(lasting);
    await died;
    die();
    network.react = () => 'ok';
    const next = queueOn();
    await next.recover();
    expect(await outcome(next, lasting)).toMatchObject({ status: 'sent' });
    clearInterval(timer);
    expect(network.sends).toHaveLength(3);
    expect(new Set(network.sends.map(({ id }) => id)).size).toBe(1);
  });

  it('that cannot be sent for a day has failed', async () => {
    network.connected = false;
    const queue = queueOn();
    const end = outcome(queue, one('A'));
    await vi.waitUntil(async () => (await queue.counts({ channel: 'net', accountId: 'a' })).waiting === 1);
    time += deliveryLimits.oldestMs + 1;
    await queue.recover();
    expect(await end).toMatchObject({ status: 'failed' });
    expect(ended).toMatchObject([{ category: 'too_old' }]);
    expect(network.sends).toEqual([]);
  });

  it('becomes what a draft has shown, however often that is told', async () => {
    network = fakeNetwork({ edits: true });
    network.messages.push({ id: 'm0', chat: 'chat', text: 'tex' });
    await disk.store.commit([{ type: 'draft', id: 'A', draft: { id: 'A', messageId: 'm0' } }]);
    const reactions: Reaction[] = ['lost', 'not-sent'];
    network.react = () => reactions.shift() ?? 'ok';
    const timer = setInterval(() => (time += 10), 1);
    expect(await outcome(queueOn(), one('A'))).toEqual({ status: 'sent', messageIds: ['m0'] });
    clearInterval(timer);
    expect(texts()).toEqual(['text A']);
  });

  it('is a message of its own when its draft is gone', async () => {
    network = fakeNetwork({ edits: true });
    await disk.store.commit([{ type: 'draft', id: 'A', draft: { id: 'A', messageId: 'gone' } }]);
    const reactions: Reaction[] = ['refused'];
    network.react = () => reactions.shift() ?? 'ok';
    expect(await outcome(queueOn(), one('A'))).toMatchObject({ status: 'sent' });
    expect(texts()).toEqual(['text A']);
  });
});

it('of one account only some conversations are sent to at one time, each in order', async () => {
  let now = 0;
  let most = 0;
  const busy = new Set<string>();
  const { account } = network.account;
  const send = account.send.bind(account);
  account.send = async (part, signal) => {
    expect(busy.has(part.route.id)).toBe(false);
    busy.add(part.route.id);
    most = Math.max(most, (now += 1));
    const sent = await send(part, signal);
    now -= 1;
    busy.delete(part.route.id);
    return sent;
  };
  const queue = queueOn();
  const chats = Array.from({ length: 30 }, (_, n) => `chat ${n}`);
  await Promise.all(
    chats.flatMap((chat) => [1, 2, 3].map((n) => outcome(queue, one(`${chat}.${n}`, { route: to(chat) })))),
  );
  expect(most).toBe(deliveryLimits.conversations);
  for (const chat of chats)
    expect(network.messages.filter((message) => message.chat === chat).map(({ text }) => text)).toEqual(
      [1, 2, 3].map((n) => `text ${chat}.${n}`),
    );
});

const reactions = fc.array(
  fc.constantFrom<Reaction>('ok', 'ok', 'ok', 'not-sent', 'refused', 'unknown', 'lost', 'dies', 'dies-after'),
  { maxLength: 14 },
);
const sent = fc.array(fc.record({ chat: fc.nat(2), parts: fc.integer({ min: 1, max: 3 }) }), {
  minLength: 1,
  maxLength: 8,
});

describe('whatever the network answers and whenever the gateway dies', () => {
  it('nothing is sent twice, the order is kept, and nothing is lost of which nobody is told', async () => {
    await fc.assert(
      fc.asyncProperty(sent, reactions, async (deliveries, script) => {
        const own = storeOnDisk();
        network = fakeNetwork();
        const left = [...script];
        network.react = () => left.shift() ?? 'ok';
        const all = deliveries.map(({ chat, parts }, n) => ({
          ...one(`d${n}`, { route: to(`chat ${chat}`) }),
          text: Array.from({ length: parts }, (_, part) => `${n}.${part} ${'x'.repeat(55)}`).join('\n'),
        }));
        const begin = (): Promise<void> =>
          new Promise((resolve, reject) => {
            const mortal = own.mortal();
            const queue = queueOn(mortal.store);
            network.died = () => {
              mortal.die();
              resolve();
            };
            void (async () => {
              await queue.recover();
              for (const delivery of all) await queue.enqueue(delivery);
              await Promise.all(all.map((delivery) => outcome(queue, delivery)));
              await queue.stop();
              return 'done';
            })().then(() => resolve(), reject);
          });
        const timer = setInterval(() => (time += 10), 1);
        const isOver = async (): Promise<boolean> => {
          const found = await Promise.all(all.map(({ id }) => own.store.deliveries.get(id)));
          return found.every((delivery) => delivery?.state.end !== undefined);
        };
        while (!(await isOver())) await begin();
        clearInterval(timer);
        const names = (chat: string): string[] =>
          network.messages.filter((message) => message.chat === chat).map(({ text }) => text.slice(0, 3));
        for (const chat of ['chat 0', 'chat 1', 'chat 2']) {
          const came = names(chat);
          expect(new Set(came).size).toBe(came.length);
          expect(came).toEqual(came.toSorted());
        }
        for (const [n, { id, route }] of all.entries()) {
          const state = (await own.store.deliveries.get(id))?.state;
          const came = names(route.id).filter((name) => name.startsWith(`${n}.`)).length;
          const missing = (deliveries[n]?.parts ?? 0) - came;
          if (state?.end?.status === 'sent') expect(missing).toBe(0);
          if (state?.end?.status === 'unknown') expect(missing).toBeLessThanOrEqual(state.unknown);
        }
        await own.dispose();
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
