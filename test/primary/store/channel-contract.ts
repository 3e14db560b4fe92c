/** What every store must do with what belongs to chat networks. */
import { describe, expect, it } from 'vitest';
import type { Change, Store } from '../../../src/primary/store/store.js';
import type { DeliveryRecord, DeliveryState } from '../../../src/shared/store/channel-records.js';

const delivery = (id: string, chat = 'c', accountId = 'a'): DeliveryRecord => ({
  id,
  route: { channel: 'net', accountId, kind: 'direct', id: chat },
  text: `text ${id}`,
  kind: 'reply',
  createdAt: 1,
});
const added = (...one: Parameters<typeof delivery>): Change => ({
  type: 'delivery',
  delivery: delivery(...one),
});
const began: DeliveryState = { next: 0, sending: false, messageIds: [], unknown: 0 };
const over = (id: string, endedAt: number, status: 'sent' | 'failed' | 'unknown' = 'sent'): Change => ({
  type: 'delivery-state',
  id,
  state: { ...began, next: 1, end: { endedAt, status } },
});
const account = { channel: 'net', accountId: 'a' };

export function channelContract(current: () => Store, reopen: () => Promise<void>): void {
  describe('deliveries', () => {
    const heads = async (after?: string, limit = 9): Promise<string[]> =>
      (await current().deliveries.heads(account, after, limit)).map((head) => head.delivery.id);

    it('gives the first of each conversation, in the order in which they came, also after a restart', async () => {
      await current().commit(['z', 'y', 'x'].map((id) => added(id)));
      await current().commit([added('w', 'other'), added('v', 'c', 'b')]);
      expect((await heads()).toSorted()).toEqual(['w', 'z']);
      await current().commit([over('z', 5)]);
      await reopen();
      expect((await heads()).toSorted()).toEqual(['w', 'y']);
      await current().commit([over('y', 5), added('u')]);
      expect((await heads()).toSorted()).toEqual(['w', 'x']);
      expect(await current().deliveries.accounts()).toEqual([account, { ...account, accountId: 'b' }]);
    });

    it('gives conversations page by page', async () => {
      const chats = Array.from({ length: 7 }, (_, n) => `chat ${n}`);
      await current().commit(chats.flatMap((chat) => [added(`${chat}.1`, chat), added(`${chat}.2`, chat)]));
      const seen: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await current().deliveries.heads(account, after, 3);
        seen.push(...page.map((head) => head.delivery.id));
        if (page.length < 3) break;
        after = page.at(-1)?.conversation;
      }
      expect(seen.toSorted()).toEqual(chats.map((chat) => `${chat}.1`));
    });

    it('one whose id is known changes nothing', async () => {
      await current().commit([added('A')]);
      await current().commit([{ type: 'delivery-state', id: 'A', state: { ...began, sending: true } }]);
      await current().commit([added('A', 'elsewhere')]);
      expect(await current().deliveries.get('A')).toEqual({
        delivery: delivery('A'),
        state: { ...began, sending: true },
      });
      await current().commit([over('A', 5), added('A')]);
      expect((await current().deliveries.get('A'))?.state.end).toEqual({ endedAt: 5, status: 'sent' });
      expect(await heads()).toEqual([]);
    });

    it('keeps the parts instead of the text, and neither when it has ended', async () => {
      await current().commit([added('A'), { type: 'delivery-parts', id: 'A', parts: ['text', 'A'] }]);
      expect((await current().deliveries.get('A'))?.delivery).toEqual({
        ...delivery('A'),
        text: '',
        parts: ['text', 'A'],
      });
      await current().commit([over('A', 5)]);
      expect((await current().deliveries.get('A'))?.delivery).toEqual({ ...delivery('A'), text: '' });
    });

    it('counts those of an account, and forgets old ones that have ended', async () => {
      await current().commit(['A', 'B', 'C', 'D', 'E'].map((id) => added(id)));
      await current().commit([added('other', 'c', 'aa')]);
      await current().commit([over('A', 1, 'failed'), over('B', 2, 'unknown'), over('C', 3, 'failed')]);
      const counts = () => current().deliveries.counts(account);
      expect(await counts()).toEqual({ waiting: 2, failed: 2, unknown: 1 });
      await current().commit([added('A'), added('D'), over('A', 4, 'unknown'), over('gone', 4, 'failed')]);
      await reopen();
      expect(await counts()).toEqual({ waiting: 2, failed: 2, unknown: 1 });
      expect(await current().pruneDeliveries(3)).toBe(2);
      expect(await counts()).toEqual({ waiting: 2, failed: 1, unknown: 0 });
      expect([await current().deliveries.get('A'), await current().pruneDeliveries(3)]).toEqual([
        undefined,
        0,
      ]);
      const many = Array.from({ length: 600 }, (_, n) => `m${n}`);
      await current().commit(many.flatMap((id) => [added(id, id), over(id, 9)]));
      expect(await current().pruneDeliveries(10)).toBe(601);
    });

    it('a draft is kept until its delivery has ended', async () => {
      const draft = { id: 'A', messageId: 'm' };
      await current().commit([{ type: 'draft', id: 'A', draft }, added('A')]);
      await reopen();
      expect(await current().deliveries.draft('A')).toEqual(draft);
      await current().commit([over('A', 1)]);
      expect(await current().deliveries.draft('A')).toBeUndefined();
    });
  });

  describe('channels', () => {
    it('remembers values by account and name', async () => {
      const place = { ...account, name: 'offset' };
      const put = (value: string | null): Change => ({ type: 'channel-memory', place, value });
      await current().commit([put('1')]);
      await reopen();
      expect(await current().channels.memory(place)).toBe('1');
      expect(await current().channels.memory({ ...place, accountId: 'b' })).toBeUndefined();
      await current().commit([put(null)]);
      expect(await current().channels.memory(place)).toBeUndefined();
    });

    it('knows who may write, and who has asked to', async () => {
      const sender = { ...account, sender: 'ann' };
      const request = { ...sender, code: 'ABCDEFGH', peerId: 'p', createdAt: 1, expiresAt: 2 };
      const elsewhere = { ...request, accountId: 'b' };
      await current().commit([
        { type: 'sender-request', sender, request },
        { type: 'sender-request', sender: elsewhere, request: elsewhere },
      ]);
      await reopen();
      expect(await current().channels.requests('net')).toEqual([request, elsewhere]);
      expect(await current().channels.requests('net', 'a')).toEqual([request]);
      expect(await current().channels.requests('ne')).toEqual([]);
      const known = { ...sender, name: 'Ann', approvedAt: 3 };
      await current().commit([
        { type: 'sender-request', sender, request: null },
        { type: 'known-sender', sender, known },
      ]);
      expect([
        await current().channels.requests('net', 'a'),
        await current().channels.knownSender(sender),
      ]).toEqual([[], known]);
      await current().commit([{ type: 'known-sender', sender, known: null }]);
      expect(await current().channels.knownSender(sender)).toBeUndefined();
    });
  });
}
