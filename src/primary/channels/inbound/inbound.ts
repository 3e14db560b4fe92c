/**
 * A message of a chat network on its way to an agent. Those of one conversation are dealt with one after another, and none
 * is over before it is on disk or it is certain that it is for nobody:
 *
 *   comes ──▶ heard? ──▶ whose session? ──▶ command ──▶ done, answered
 *               │             │  └──▶ images ──▶ run accepted (the message's own id: a repeat is the same run)
 *               │             └─ takes no messages ──▶ dropped
 *               └─ no ──▶ dropped, or asked to pair
 */
import { createHash } from 'node:crypto';
import { inboundLimits } from '../../../shared/channels/message-limits.js';
import { createKeyedQueue } from '../../../shared/keyed-queue.js';
import type { Logger } from '../../../shared/log/logger.js';
import type { MessageMetrics } from '../../metrics/message-metrics.js';
import type { Sessions } from '../../sessions/sessions.js';
import type { CurrentSnapshot } from '../../snapshot/snapshot.js';
import type { RunningAccount } from '../accounts.js';
import type { InboundMessage } from '../channel.js';
import { accessOf } from './access.js';
import { boundAgent } from './binding.js';
import { factsOf, sessionKeyOf } from './conversation.js';
import type { Pairing } from './pairing.js';
import { isOwner, personOf } from './people.js';
import { takesMessages } from './send-policy.js';
import type { Addressed, StartTurn } from './start-turn.js';

/** What became of a message, for metrics. */
export interface Processed {
  readonly outcome: 'run' | 'command' | 'repeated' | 'dropped' | 'pairing' | 'failed';
  readonly reason: string;
}

export interface InboundServices {
  readonly sessions: Sessions;
  readonly current: CurrentSnapshot;
  readonly pairing: Pairing;
  readonly startTurn: StartTurn;
  readonly metrics: MessageMetrics;
  readonly log: Logger;
}

export type Inbound = (from: RunningAccount, message: InboundMessage) => Promise<void>;

export function createInbound(services: InboundServices): Inbound {
  const { sessions, current, pairing, startTurn, metrics, log } = services;
  const queue = createKeyedQueue();
  let open = 0;

  const process = async (from: RunningAccount, message: InboundMessage): Promise<Processed> => {
    const { channel, accountId } = from;
    const { peer, sender } = message;
    if (isMalformed(message)) return dropped('malformed');
    if (sender.bot) return dropped('bot');
    if (message.text.trim() === '' && message.attachments.length === 0) return dropped('empty');
    const { config, routes } = current();
    const { session, commands, channels } = config;
    const person = personOf(channel.id, sender, session.identityLinks);
    const owner = isOwner(person, commands.ownerAllowFrom);
    const id = { channel: channel.id, accountId, sender: sender.id.toLowerCase() };
    const isKnown = owner || (await pairing.isKnown(id));
    const access = accessOf({ message, person, policy: from.policy(), isKnown });
    if (!access.heard) {
      if (access.reason === 'pairing')
        return { outcome: 'pairing', reason: await pairing.asked(from, message) };
      const kind = { direct: 'direct', group: 'group', channel: 'guild' }[peer.kind];
      log.info('channel.drop', `drop ${kind} message (${access.reason})`, { channel: channel.id, accountId });
      return dropped(access.reason);
    }
    const bound = boundAgent(from, message, person, config.bindings)?.toLowerCase();
    const isThere = bound !== undefined && Object.hasOwn(routes.agents, bound);
    if (bound !== undefined && !isThere)
      log.warn('channel.binding', `a binding names agent ${bound}, which is not there`);
    const agentId = isThere ? bound : routes.defaultAgentId;
    const { scheme } = sessions;
    const question = { from, message, person, agentId, scheme, dmScope: session.dmScope, channels };
    const key = sessionKeyOf(question);
    const entry = await sessions.get(key);
    if (!takesMessages(key, entry, { channel: channel.id, kind: peer.kind }, session.sendPolicy)) {
      log.info('channel.drop', 'drop message (session policy)', { channel: channel.id, accountId });
      return dropped('session policy');
    }
    const addressed: Addressed = {
      runId: runIdOf(from, message),
      from,
      message,
      key,
      entry,
      agentId,
      isOwner: owner,
      facts: factsOf(question, key),
      route: { channel: channel.id, accountId, ...peer },
    };
    return startTurn(addressed);
  };

  return async (from, message) => {
    if (open >= inboundLimits.open) throw new Error('too many messages are being dealt with');
    open += 1;
    const startedAt = performance.now();
    const channel = from.channel.id;
    const { kind, id } = message.peer;
    const count = ({ outcome, reason }: Processed): void =>
      metrics.processed({ channel, outcome, reason, ms: performance.now() - startedAt });
    try {
      const conversation = JSON.stringify([channel, from.accountId, kind, id]);
      count(await queue.run(conversation, () => process(from, message)));
    } catch (caught) {
      count({ outcome: 'failed', reason: 'not accepted' });
      throw caught;
    } finally {
      open -= 1;
    }
  };
}

function dropped(reason: string): Processed {
  return { outcome: 'dropped', reason };
}

/** Ids become parts of keys. */
function isMalformed({ id, peer, sender }: InboundMessage): boolean {
  const ids = [id, peer.id, sender.id, ...(peer.threadId === undefined ? [] : [peer.threadId])];
  return ids.some((one) => one === '' || one.length > inboundLimits.idChars || /[\p{Cc}\p{Cs}]/u.test(one));
}

/** The same whenever the network gives the message again. */
function runIdOf({ channel, accountId }: RunningAccount, { id, peer }: InboundMessage): string {
  const parts = [channel.id, accountId, peer.kind, peer.id, peer.threadId ?? null, id];
  return `channel:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}
