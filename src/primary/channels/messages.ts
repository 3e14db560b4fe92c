/** What goes between chat networks and agents: wires the delivery queue, and what is done with messages that come. */
import type { Logger } from '../../shared/log/logger.js';
import type { MessageMetrics } from '../metrics/message-metrics.js';
import type { Broadcast } from '../sessions/run-events.js';
import type { Runs } from '../sessions/runs.js';
import { createResetCommands } from '../sessions/reset-command.js';
import { createSessionChanges } from '../sessions/session-changes.js';
import type { Sessions } from '../sessions/sessions.js';
import type { CurrentSnapshot } from '../snapshot/snapshot.js';
import type { Accounts } from './accounts.js';
import { createDrafts } from './delivery/drafts.js';
import { createDeliveryQueue } from './delivery/delivery-queue.js';
import { createRoutes } from './delivery/routes.js';
import { createInbound } from './inbound/inbound.js';
import { createPairing } from './inbound/pairing.js';
import { createStartTurn } from './inbound/start-turn.js';
import { showTyping } from './inbound/typing.js';
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
  const { accounts, sessions, runs, current, metrics, broadcast } = services;
  const log = services.log.for('channels');
  const { store } = sessions;
  const drafts = createDrafts(store, log);
  const queue = createDeliveryQueue({
    store,
    accounts,
    observer: metrics.messages,
    settledDraft: drafts.settled,
    log,
    now: Date.now,
  });
  const routes = createRoutes({
    accounts,
    session: (key) => sessions.get(key),
    owners: () => current().config.commands.ownerAllowFrom,
    links: () => current().config.session.identityLinks,
    ambiguous: (owner, channels) =>
      log.warn(
        'owner.ambiguous',
        `commands.ownerAllowFrom: ${owner} may be somebody else in ${channels.join(' or ')}: write it as ${channels[0]}:${owner}, or whichever it is`,
      ),
  });
  const deliveries = { enqueue: queue.enqueue, ...routes };
  const pairing = createPairing({ store, accounts, deliveries, broadcast, log, now: Date.now });
  const changes = createSessionChanges({ sessions, runs, routes: () => current().routes, now: Date.now });
  const stopping = new AbortController();
  const inbound = createInbound({
    sessions,
    current,
    pairing,
    metrics: metrics.messages,
    log,
    startTurn: createStartTurn({
      runs,
      resets: createResetCommands({ sessions, runs, changes, now: Date.now }),
      sessions,
      current,
      deliveries,
      begun(run, { from, route }) {
        if (current().config.session.typingMode !== 'never') showTyping(from, route, run.ended);
        drafts.follow(run, from);
      },
      stop: stopping.signal,
    }),
  });
  return {
    deliveries,
    pairing,
    memory(channel, accountId) {
      const place = (name: string) => ({ channel, accountId, name });
      return {
        get: (name) => store.channels.memory(place(name)),
        set: (name, value) => store.commit([{ type: 'channel-memory', place: place(name), value }]),
      };
    },
    deliveryCounts: queue.counts,
    inbound,
    connected: ({ channel, accountId }) => queue.wake({ channel: channel.id, accountId }),
    runEnded({ reply }) {
      if (reply) queue.wake(reply.route);
    },
    recover: queue.recover,
    async stop() {
      stopping.abort();
      await queue.stop();
    },
  };
}
