/** What goes between chat networks and agents: wires the delivery queue, and what is done with messages that come. */
import type { Logger } from '../../shared/log/logger.js';
import type { MessageMetrics } from '../metrics/message-metrics.js';
import type { Broadcast } from '../sessions/run-events.js';
import type { Runs } from '../sessions/runs.js';
import type { Sessions } from '../sessions/sessions.js';
import type { CurrentSnapshot } from '../snapshot/snapshot.js';
import type { Accounts } from './accounts.js';
import { createDeliveryQueue } from './delivery/delivery-queue.js';
import { createRoutes } from './delivery/routes.js';
import type { Messages } from './messages-port.js';

export interface MessageServices {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly runs: Runs;
  /** As of now: a message uses one from its coming to its run. */
  readonly current: CurrentSnapshot;
  readonly metrics: { readonly messages: MessageMetrics };
  readonly broadcast: Broadcast;
  readonly log: Logger;
}

export function createMessages(services: MessageServices): Messages {
  const { accounts, sessions, current, metrics } = services;
  const log = services.log.for('channels');
  const { store } = sessions;
  const queue = createDeliveryQueue({
    store,
    accounts,
    observer: metrics.messages,
    settledDraft: async (id) => (await store.deliveries.draft(id))?.messageId,
    log,
    now: Date.now,
  });
  const routes = createRoutes({
    accounts,
    session: (key) => sessions.get(key),
    owners: () => current().config.commands.ownerAllowFrom,
  });
  return {
    deliveries: { enqueue: queue.enqueue, ...routes },
    memory(channel, accountId) {
      const place = (name: string) => ({ channel, accountId, name });
      return {
        get: (name) => store.channels.memory(place(name)),
        set: (name, value) => store.commit([{ type: 'channel-memory', place: place(name), value }]),
      };
    },
    deliveryCounts: queue.counts,
    inbound: () => Promise.reject(new Error('no messages are taken yet')),
    connected: ({ channel, accountId }) => queue.wake({ channel: channel.id, accountId }),
    runEnded({ reply }) {
      if (reply) queue.wake(reply.route);
    },
    recover: queue.recover,
    stop: queue.stop,
  };
}
