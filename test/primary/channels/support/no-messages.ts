/** Stands for those who move messages where there are none: nothing is taken, nothing goes out. */
import type { Messages } from '../../../../src/primary/channels/messages-port.js';

export function noMessages(): Messages {
  const refused = 'this gateway does not move messages yet';
  const kept = new Map<string, string>();
  return {
    inbound: () => Promise.reject(new Error(refused)),
    connected() {},
    deliveries: {
      enqueue: () => Promise.reject(new Error(refused)),
      lastRoute: () => Promise.resolve(undefined),
      ownerRoute: () => undefined,
      routeTo: () => refused,
    },
    memory: (channel, accountId) => ({
      get: (name) => Promise.resolve(kept.get([channel, accountId, name].join('\0'))),
      set(name, value) {
        kept.set([channel, accountId, name].join('\0'), value);
        return Promise.resolve();
      },
    }),
    deliveryCounts: () => Promise.resolve({ waiting: 0, failed: 0, unknown: 0 }),
    runEnded() {},
    pairing: {
      isKnown: () => Promise.resolve(false),
      asked: () => Promise.resolve('too many ask'),
      list: () => Promise.resolve([]),
      approve: () => Promise.resolve(undefined),
      reject: () => Promise.resolve(undefined),
    },
    recover: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}
