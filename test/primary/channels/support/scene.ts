/** A store and a scripted network for each test of a file, and the gateways that a test starts on them. */
import { afterEach, beforeEach } from 'vitest';
import type { InboundMessage } from '../../../../src/primary/channels/channel.js';
import { waitFor } from '../../../support/wait-for.js';
import { converse, type Conversation, type ConversationConfig } from './conversation.js';
import { fakeNetwork, storeOnDisk, type FakeNetwork, type StoreOnDisk } from './fake-network.js';

export const MAIN = 'agent:main:main';

export interface Scene {
  disk: StoreOnDisk;
  network: FakeNetwork;
  readonly begin: (config?: ConversationConfig) => Conversation;
  readonly give: (to: Conversation, message: InboundMessage) => Promise<void>;
  /** What the network has got, once it is so much: `chat: text`. */
  readonly received: (count: number) => Promise<string[]>;
}

export function scene(): Scene {
  const open: Conversation[] = [];
  const at: Scene = {
    disk: undefined as unknown as StoreOnDisk,
    network: undefined as unknown as FakeNetwork,
    begin(config) {
      const made = converse(at.disk.store, at.network, config);
      open.push(made);
      return made;
    },
    give: (to, message) => to.messages.inbound(at.network.account, message),
    received: (count) =>
      waitFor(`${count} messages`, async () => {
        const { messages } = at.network;
        return messages.length >= count && messages.map(({ chat, text }) => `${chat}: ${text}`);
      }),
  };
  beforeEach(() => {
    at.disk = storeOnDisk();
    at.network = fakeNetwork();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.stop()));
    await at.disk.dispose();
  });
  return at;
}

/** A message in a group that names the agent. */
export function inGroup(id: string, more: Partial<InboundMessage> = {}): Partial<InboundMessage> {
  return { peer: { kind: 'group', id }, mentioned: true, ...more };
}
