/** A chat network of which a test says what it answers, and the store of a gateway that may die. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountPolicy, Accounts, RunningAccount } from '../../../../src/primary/channels/accounts.js';
import {
  SendError,
  type Channel,
  type ChannelAccount,
  type ChannelCapabilities,
  type OutboundPart,
} from '../../../../src/primary/channels/channel.js';
import { splitText } from '../../../../src/primary/channels/split-text.js';
import { openEmbeddedStore } from '../../../../src/primary/store/embedded.js';
import type { Store } from '../../../../src/primary/store/store.js';
import { createLogger, type Logger } from '../../../../src/shared/log/logger.js';

/** What becomes of a part; `lost`: the answer is, and the network has the part. */
export type Reaction = 'ok' | 'not-sent' | 'refused' | 'unknown' | 'lost' | 'dies' | 'dies-after';

export interface FakeNetwork {
  readonly accounts: Accounts;
  readonly account: RunningAccount;
  /** What it has: messages by id, in the order in which they came. */
  readonly messages: {
    readonly id: string;
    readonly chat: string;
    text: string;
    readonly replyToId?: string;
  }[];
  readonly sends: OutboundPart[];
  readonly edits: [string, string][];
  /** Who is shown that an answer is being written. */
  readonly typed: string[];
  react: (part: OutboundPart) => Reaction;
  connected: boolean;
  policy: AccountPolicy;
  /** Told when the gateway dies. */
  died: () => void;
}

export const openPolicy: AccountPolicy = {
  dmPolicy: 'open',
  allowFrom: [],
  groupPolicy: 'open',
  groups: new Map(),
};

export function fakeNetwork(capabilities: Partial<ChannelCapabilities> = {}): FakeNetwork {
  let id = 0;
  const take = (part: OutboundPart): string => {
    id += 1;
    const { text, route, replyToId, media } = part;
    network.messages.push({
      id: `m${id}`,
      chat: route.id,
      text: media ? media.url : text,
      ...(replyToId === undefined ? {} : { replyToId }),
    });
    return `m${id}`;
  };
  const answer = async (part: OutboundPart, act: () => string): Promise<string> => {
    // Never in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    const reaction = network.react(part);
    switch (reaction) {
      case 'ok':
        return act();
      case 'lost':
        act();
        throw new SendError('unknown', 'the answer was lost');
      case 'dies-after':
      case 'dies':
        if (reaction === 'dies-after') act();
        network.died();
        return new Promise<string>(() => {});
      case 'not-sent':
      case 'refused':
      case 'unknown':
        throw new SendError(reaction, `it is ${reaction}`, { retryAfterMs: 1 });
    }
  };
  const account: ChannelAccount = {
    mode: 'fake',
    run: async () => {},
    async send(part) {
      network.sends.push(part);
      return { messageId: await answer(part, () => take(part)) };
    },
    async edit(messageId, part) {
      await answer(part, () => {
        network.edits.push([messageId, part.text]);
        const one = network.messages.find((message) => message.id === messageId);
        if (one) one.text = part.text;
        return messageId;
      });
    },
    split: (text) => splitText(text, { max: 64 }),
    typing: ({ id: chat }) => void network.typed.push(chat),
    probe: async () => ({}),
  };
  const channel: Channel = {
    id: 'net',
    label: 'Net',
    detailLabel: 'Fake network',
    capabilities: {
      typing: true,
      edits: false,
      media: false,
      threads: true,
      groups: true,
      logout: false,
      ...capabilities,
    },
    open: () => account,
  };
  const running: RunningAccount = {
    channel,
    accountId: 'a',
    account,
    policy: () => network.policy,
    get connected() {
      return network.connected;
    },
  };
  const network: FakeNetwork = {
    accounts: {
      find: (one, accountId) => (one === 'net' && accountId === 'a' ? running : undefined),
      defaultOf: (one) => (one === 'net' ? 'a' : undefined),
      channels: ['net'],
    },
    account: running,
    messages: [],
    sends: [],
    edits: [],
    typed: [],
    react: () => 'ok',
    connected: true,
    policy: openPolicy,
    died: () => {},
  };
  return network;
}

/** A store on disk, and what a process sees of it that can die: from then on nothing it asked for ever comes. */
export interface StoreOnDisk {
  readonly store: Store;
  mortal(): { readonly store: Store; die(): void };
  dispose(): Promise<void>;
}

export function storeOnDisk(): StoreOnDisk {
  const dir = mkdtempSync(join(tmpdir(), 'pllan-channels-'));
  const store = openEmbeddedStore(dir);
  return {
    store,
    mortal() {
      let dead = false;
      const never = new Promise<never>(() => {});
      const unlessDead = async <T>(action: () => Promise<T>): Promise<T> => {
        if (dead) return never;
        const result = await action();
        return dead ? never : result;
      };
      const deliveries: Store['deliveries'] = {
        ...store.deliveries,
        get: (id) => unlessDead(() => store.deliveries.get(id)),
        heads: (...page) => unlessDead(() => store.deliveries.heads(...page)),
      };
      return {
        store: {
          ...store,
          deliveries,
          commit: (changes) => unlessDead(() => store.commit(changes)),
          claimRun: (run, changes) => unlessDead(() => store.claimRun(run, changes)),
        },
        die: () => void (dead = true),
      };
    },
    async dispose() {
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
}

export const silent: Logger = createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' });
