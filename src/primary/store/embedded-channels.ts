/** The embedded store's tables about chat networks, and what their changes do. */
import { createHash, randomUUID } from 'node:crypto';
import type { Database, Key } from 'lmdb';
import type {
  DeliveryEnd,
  DeliveryRecord,
  DeliveryRoute,
  DeliveryState,
  DraftRecord,
  KnownSender,
  SenderId,
  SenderRequest,
} from '../../shared/store/channel-records.js';
import { storeLimits } from '../../shared/limits.js';
import { unreachable } from '../../shared/unreachable.js';
import type {
  AccountName,
  ChannelChange,
  ChannelReader,
  DeliveryCounts,
  DeliveryHead,
  DeliveryReader,
  MemoryPlace,
} from './channel-store.js';
import { deliveryCounting, type CountsTable, type DeliveryCounting } from './delivery-counts.js';

/** Channel, account, conversation, number in it. */
type OpenKey = [string, string, string, number];
/** Channel, account, how, when, id. */
type EndedKey = [string, string, DeliveryEnd['status'], number, string];
type PersonKey = [string, string, string];

/**
 *   deliveries         id → delivery with its number       delivery-states    id → how far it is
 *   open-deliveries    [channel, account, conversation, number] → id
 *   ended-deliveries   [channel, account, how, endedAt, id] → ''      deliveries-by-end   [endedAt, id] → ''
 *   delivery-counts    [channel, account] → how many wait, have failed, or may have, since the store was opened
 *   drafts             id → draft
 *   channel-memory     [channel, account, name] → value
 *   known-senders, sender-requests      [channel, account, sender] → who
 */
export interface ChannelTables {
  readonly deliveries: Database<PlacedDelivery, string>;
  readonly states: Database<DeliveryState, string>;
  readonly open: Database<string, OpenKey>;
  readonly ended: Database<string, EndedKey>;
  readonly byEnd: Database<string, [number, string]>;
  readonly counts: CountsTable;
  /** Names this opening of the store. */
  readonly opening: string;
  readonly drafts: Database<DraftRecord, string>;
  readonly memory: Database<string, PersonKey>;
  readonly known: Database<KnownSender, PersonKey>;
  readonly requests: Database<SenderRequest, PersonKey>;
}

interface PlacedDelivery {
  readonly delivery: DeliveryRecord;
  /** In its conversation. */
  readonly number: number;
}

export function openChannelTables(table: <V, K extends Key>(name: string) => Database<V, K>): ChannelTables {
  return {
    deliveries: table('deliveries'),
    states: table('delivery-states'),
    open: table('open-deliveries'),
    ended: table('ended-deliveries'),
    byEnd: table('deliveries-by-end'),
    counts: table('delivery-counts'),
    opening: randomUUID(),
    drafts: table('drafts'),
    memory: table('channel-memory'),
    known: table('known-senders'),
    requests: table('sender-requests'),
  };
}

/** Runs inside a transaction. */
export function applyChannelChange(tables: ChannelTables, change: ChannelChange): void {
  switch (change.type) {
    case 'delivery':
      return addDelivery(tables, change.delivery);
    case 'delivery-parts': {
      const placed = tables.deliveries.get(change.id);
      if (!placed) return;
      const delivery = { ...placed.delivery, text: '', parts: change.parts };
      return void tables.deliveries.put(change.id, { ...placed, delivery });
    }
    case 'delivery-state':
      return putState(tables, change.id, change.state);
    case 'draft':
      return putOrRemove(tables.drafts, change.id, change.draft);
    case 'channel-memory':
      return putOrRemove(tables.memory, memoryKey(change.place), change.value);
    case 'known-sender':
      return putOrRemove(tables.known, personKey(change.sender), change.known);
    case 'sender-request':
      return putOrRemove(tables.requests, personKey(change.sender), change.request);
    default:
      return unreachable(change);
  }
}

function addDelivery(tables: ChannelTables, delivery: DeliveryRecord): void {
  const { id, route } = delivery;
  if (tables.deliveries.get(id)) return;
  const { channel, accountId } = route;
  const conversation = conversationOf(route);
  const place = [channel, accountId, conversation] as const;
  const [last] = tables.open.getKeys({
    start: [...place, Number.MAX_SAFE_INTEGER],
    end: [...place, 0],
    reverse: true,
    limit: 1,
  });
  const number = (last?.[3] ?? 0) + 1;
  countingIn(tables).add(route, { waiting: 1 });
  void tables.deliveries.put(id, { delivery, number });
  void tables.states.put(id, { next: 0, sending: false, messageIds: [], unknown: 0 });
  void tables.open.put([...place, number], id);
}

function putState(tables: ChannelTables, id: string, state: DeliveryState): void {
  const placed = tables.deliveries.get(id);
  const before = tables.states.get(id)?.end;
  // How it has ended stays as it is.
  if (!placed || before) return;
  const { end } = state;
  if (end) countingIn(tables).add(placed.delivery.route, { waiting: -1, ...countOf(end.status) });
  void tables.states.put(id, state);
  if (!end) return;
  const { parts: _parts, media: _media, ...rest } = placed.delivery;
  const { channel, accountId } = rest.route;
  void tables.open.remove([channel, accountId, conversationOf(rest.route), placed.number]);
  void tables.deliveries.put(id, { ...placed, delivery: { ...rest, text: '' } });
  void tables.ended.put([channel, accountId, end.status, end.endedAt, id], '');
  void tables.byEnd.put([end.endedAt, id], '');
  void tables.drafts.remove(id);
}

/** Gives how many it forgot: at most so many as are forgotten at once. */
export function pruneDeliveries(tables: ChannelTables, endedBefore: number): number {
  const { prunedAtOnce: limit } = storeLimits;
  const old = Array.from(tables.byEnd.getKeys({ end: [endedBefore, ''], limit }));
  for (const [endedAt, id] of old) {
    const route = tables.deliveries.get(id)?.delivery.route;
    const status = tables.states.get(id)?.end?.status;
    if (route && status) {
      countingIn(tables).add(route, countOf(status, -1));
      void tables.ended.remove([route.channel, route.accountId, status, endedAt, id]);
    }
    void tables.byEnd.remove([endedAt, id]);
    void tables.deliveries.remove(id);
    void tables.states.remove(id);
  }
  return old.length;
}

function countingIn({ open, ended, counts, opening }: ChannelTables): DeliveryCounting {
  const keysOf = (table: Database<string>, ...place: string[]): number =>
    table.getKeysCount({ start: place, end: [...place, LAST] });
  return deliveryCounting(counts, opening, ({ channel, accountId }) => ({
    waiting: keysOf(open, channel, accountId),
    failed: keysOf(ended, channel, accountId, 'failed'),
    unknown: keysOf(ended, channel, accountId, 'unknown'),
  }));
}

function countOf(status: DeliveryEnd['status'], count = 1): Partial<DeliveryCounts> {
  return status === 'sent' ? {} : { [status]: count };
}

export function deliveryReader(tables: ChannelTables): DeliveryReader {
  const stored = (id: string) => {
    const placed = tables.deliveries.get(id);
    const state = tables.states.get(id);
    return placed && state && { delivery: placed.delivery, state };
  };
  return {
    get: async (id) => stored(id),
    async accounts() {
      const found: AccountName[] = [];
      for (let start: Key = ['']; ;) {
        const [key] = tables.open.getKeys({ start: start as never, limit: 1 });
        if (!key) return found;
        const [channel, accountId] = key;
        found.push({ channel, accountId });
        start = [channel, accountId, LAST];
      }
    },
    async heads({ channel, accountId }, after, limit) {
      const heads: DeliveryHead[] = [];
      for (let last = after ?? ''; heads.length < limit;) {
        const [entry] = tables.open.getRange({
          start: [channel, accountId, last, Number.MAX_SAFE_INTEGER],
          end: [channel, accountId, LAST, 0],
          limit: 1,
        });
        if (!entry) break;
        [, , last] = entry.key;
        const head = stored(entry.value);
        if (head) heads.push({ ...head, conversation: last });
      }
      return heads;
    },
    draft: async (id) => tables.drafts.get(id),
    counts: async (account) => countingIn(tables).get(account),
  };
}

export function channelReader(tables: ChannelTables): ChannelReader {
  return {
    memory: async (place) => tables.memory.get(memoryKey(place)),
    knownSender: async (sender) => tables.known.get(personKey(sender)),
    async requests(channel, accountId) {
      const place = accountId === undefined ? [channel] : [channel, accountId];
      const range = tables.requests.getRange({ start: place as never, end: [...place, LAST] as never });
      return Array.from(range, ({ value }) => value);
    },
  };
}

/** Sorts after every text that there can be. */
const LAST = '\uFFFF';

/** Ids of networks may be long, and hold what keys do not. */
function conversationOf({ kind, id, threadId }: DeliveryRoute): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, id, threadId ?? null]))
    .digest('base64url');
}

function memoryKey({ channel, accountId, name }: MemoryPlace): PersonKey {
  return [channel, accountId, name];
}

function personKey({ channel, accountId, sender }: SenderId): PersonKey {
  return [channel, accountId, sender];
}

function putOrRemove<V, K extends Key>(table: Database<V, K>, key: K, value: V | null): void {
  void (value === null ? table.remove(key) : table.put(key, value));
}
