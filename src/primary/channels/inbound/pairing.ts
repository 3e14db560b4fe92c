/**
 * People who write for the first time (config.md §8, `dmPolicy` `pairing`): each gets a code once, which the owner approves
 * or not. Nothing of what they write is kept.
 *
 *   unknown ──writes──▶ asked (code, 1 h) ──approve──▶ known
 *      ▲  └─ too many ask already: not answered   ├──reject──┐
 *      └──────────────────────────────────────────┴──1 h─────┴──▶ unknown
 */
import { randomInt } from 'node:crypto';
import { pairingLimits } from '../../../shared/channels/message-limits.js';
import { createKeyedQueue } from '../../../shared/keyed-queue.js';
import type { Logger } from '../../../shared/log/logger.js';
import type { KnownSender, SenderId, SenderRequest } from '../../../shared/store/channel-records.js';
import type { Broadcast } from '../../sessions/run-events.js';
import type { Store } from '../../store/store.js';
import type { Accounts, RunningAccount } from '../accounts.js';
import type { InboundMessage } from '../channel.js';
import type { Deliveries, NewDelivery } from '../deliveries.js';

export interface Pairing {
  isKnown(sender: SenderId): Promise<boolean>;
  /** Answers whoever is not known. Gives what became of it. */
  asked(from: RunningAccount, message: InboundMessage): Promise<'asked' | 'asked before' | 'too many ask'>;
  list(channel?: string): Promise<readonly SenderRequest[]>;
  /** Undefined when nobody has this code. */
  approve(channel: string, code: string): Promise<KnownSender | undefined>;
  reject(channel: string, code: string): Promise<SenderRequest | undefined>;
}

export interface PairingServices {
  readonly store: Store;
  readonly accounts: Pick<Accounts, 'channels'>;
  readonly deliveries: Pick<Deliveries, 'enqueue'>;
  readonly broadcast: Broadcast;
  readonly log: Logger;
  now(): number;
}

export function createPairing(services: PairingServices): Pairing {
  const { store, accounts, deliveries, broadcast, log, now } = services;
  const queue = createKeyedQueue();

  const pending = async (channel: string, accountId?: string): Promise<readonly SenderRequest[]> =>
    (await store.channels.requests(channel, accountId)).filter(({ expiresAt }) => expiresAt > now());

  const withCode = async (channel: string, code: string): Promise<SenderRequest | undefined> => {
    const wanted = code.trim().toUpperCase();
    return (await pending(channel.trim().toLowerCase())).find((request) => request.code === wanted);
  };
  const notice = (request: SenderRequest, text: string, of: string): NewDelivery => {
    const { channel, accountId, sender, peerId, createdAt } = request;
    const id = `pairing:${of}:${JSON.stringify([channel, accountId, sender, createdAt])}`;
    return { id, route: { channel, accountId, kind: 'direct', id: peerId }, text, kind: 'notice' };
  };
  const resolved = ({ channel, accountId, sender }: SenderId, decision: 'approved' | 'rejected'): void =>
    broadcast('channel.pair.resolved', () =>
      JSON.stringify({ channel, accountId, sender, decision, ts: now() }),
    );

  return {
    isKnown: async (sender) => (await store.channels.knownSender(sender)) !== undefined,
    asked: ({ channel, accountId }, { sender: { id, name, origin }, peer }) =>
      queue.run(JSON.stringify([channel.id, accountId]), async () => {
        const place = { channel: channel.id, accountId };
        const sender = { ...place, sender: id.toLowerCase() };
        const all = await store.channels.requests(place.channel, accountId);
        const waiting = all.filter(({ expiresAt }) => expiresAt > now());
        const isSame = (one: SenderRequest): boolean =>
          one.sender === sender.sender || (origin !== undefined && one.origin === origin);
        // Whoever takes another name gets no other place, nor another answer.
        if (waiting.some(isSame)) return 'asked before';
        const expired = all.filter((one) => !waiting.includes(one));
        if (waiting.length >= pairingLimits.perAccount) return 'too many ask';
        const request: SenderRequest = {
          ...sender,
          ...(origin === undefined ? {} : { origin }),
          peerId: peer.id,
          code: newCode(),
          ...(name === undefined ? {} : { name: name.slice(0, pairingLimits.nameChars) }),
          createdAt: now(),
          expiresAt: now() + pairingLimits.validMs,
        };
        const code = notice(request, introduction(request), 'code');
        await store.commit([
          ...expired.map((one) => ({ type: 'sender-request', sender: one, request: null }) as const),
          { type: 'sender-request', sender, request },
          { type: 'delivery', delivery: { ...code, createdAt: now() } },
        ]);
        const who = `${sender.sender} (${place.channel} ${accountId})`;
        log.info('channel.pairing', `pairing request of ${who}: pllan pairing list`, sender);
        broadcast('channel.pair.requested', () => JSON.stringify(shown(request)));
        await deliveries.enqueue(code);
        return 'asked';
      }),
    async list(channel) {
      const channels = channel === undefined ? accounts.channels : [channel.trim().toLowerCase()];
      return (await Promise.all(channels.map((one) => pending(one)))).flat();
    },
    async approve(channel, code) {
      const request = await withCode(channel, code);
      if (!request) return undefined;
      const { accountId, sender, name } = request;
      const id = { channel: request.channel, accountId, sender };
      const known: KnownSender = { ...id, ...(name === undefined ? {} : { name }), approvedAt: now() };
      const welcome = notice(request, 'You have been approved: write whenever you like.', 'approved');
      await store.commit([
        { type: 'sender-request', sender: id, request: null },
        { type: 'known-sender', sender: id, known },
        { type: 'delivery', delivery: { ...welcome, createdAt: now() } },
      ]);
      log.info('channel.paired', `${sender} may write`, id);
      resolved(id, 'approved');
      await deliveries.enqueue(welcome);
      return known;
    },
    async reject(channel, code) {
      const request = await withCode(channel, code);
      if (!request) return undefined;
      await store.commit([{ type: 'sender-request', sender: request, request: null }]);
      resolved(request, 'rejected');
      return request;
    },
  };
}

/** What operators see of a request. */
export function shown({
  channel,
  accountId,
  sender,
  name,
  code,
  createdAt,
  expiresAt,
}: SenderRequest): object {
  return { channel, accountId, sender, name, code, createdAt, expiresAt };
}

function introduction({ channel, code }: SenderRequest): string {
  return [
    'This assistant does not know you yet.',
    `Your pairing code: ${code}`,
    `Its owner can let you in within an hour: pllan pairing approve ${channel} ${code}`,
  ].join('\n');
}

/** Letters and digits that nobody takes for one another. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

function newCode(): string {
  return Array.from({ length: pairingLimits.codeChars }, () => alphabet[randomInt(alphabet.length)]).join('');
}
