/** A delivery whose account goes away between the look at it and the sending. */
import { expect, it } from 'vitest';
import { absentAccount } from '../../../src/primary/channels/accounts/isolated-account.js';
import { sendDelivery } from '../../../src/primary/channels/delivery/send-delivery.js';
import type { Change } from '../../../src/primary/store/store.js';
import { fakeNetwork, silent } from './support/fake-network.js';

it('is not cut by anybody but its network, and waits', async () => {
  const stored: Change[] = [];
  const { account } = fakeNetwork();
  const route = { channel: 'net', accountId: 'a', kind: 'direct', id: '7' } as const;
  const delivery = { id: 'D', route, text: 'x'.repeat(10_000), kind: 'reply', createdAt: 0 };
  const state = { next: 0, sending: false, messageIds: [], unknown: 0 };
  const sending = await sendDelivery(
    { delivery, state, conversation: 'c' },
    { ...account, account: absentAccount },
    {
      store: { commit: async (changes) => void stored.push(...changes) },
      log: silent,
      now: () => 1,
      stopping: () => false,
      settledDraft: async () => undefined,
      abort: new AbortController().signal,
    },
  );
  expect(sending).toMatchObject({ outcome: 'again' });
  expect(stored).toEqual([]);
});
