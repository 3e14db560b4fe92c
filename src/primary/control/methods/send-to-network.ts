/**
 * `send` to a chat network (methods.md §8). The delivery's id is the caller's key, so a repeat sends nothing and is answered
 * with what became of the first one; what its session is shown of it is in the same commit.
 */
import { createHash } from 'node:crypto';
import { deliveryLimits } from '../../../shared/channels/message-limits.js';
import type { DeliveryMedia } from '../../../shared/store/channel-records.js';
import type { RunRecord, SessionKey } from '../../../shared/store/records.js';
import type { Route } from '../../channels/channel.js';
import type { DeliveryOutcome, NewDelivery } from '../../channels/deliveries.js';
import { injectMessage, type Added } from '../../sessions/injected-message.js';
import type { DeliveryServices } from './delivery.js';
import { RpcError } from './method.js';
import type { TurnServices } from './send-turn.js';

export interface NetworkMessage {
  readonly idempotencyKey: string;
  readonly route: Route;
  readonly text: string;
  readonly media: readonly DeliveryMedia[];
  readonly replyToId: string | undefined;
  readonly silent: boolean | undefined;
  /** The session that is shown what was sent. */
  readonly mirror: Mirror | undefined;
}

export interface Mirror {
  readonly key: SessionKey;
  readonly agentId: string;
}

/** The payload. @throws RpcError */
export async function sendToNetwork(
  message: NetworkMessage,
  services: TurnServices & DeliveryServices,
): Promise<string> {
  const { idempotencyKey, route, text, media, replyToId, silent, mirror } = message;
  const delivery = {
    id: deliveryIdOf(idempotencyKey),
    route,
    text,
    kind: 'send',
    ...(media.length > 0 ? { media } : {}),
    ...(replyToId === undefined ? {} : { replyToId }),
    ...(silent === undefined ? {} : { silent }),
  };
  if (mirror !== undefined) {
    const shown = [...(text === '' ? [] : [text]), ...media.map(({ url }) => url)].join('\n');
    // A session that does not exist has nothing to be shown in.
    await injectMessage(
      {
        key: mirror.key,
        text: shown,
        claim: (added) => recordOf({ ...mirror, runId: `send:${idempotencyKey}` }, added, {}),
        besides: [{ type: 'delivery', delivery: { ...delivery, createdAt: Date.now() } }],
      },
      services,
    );
  }
  return answerOf(delivery, idempotencyKey, services);
}

/** The payload for a key that was used before; undefined for one that was not. @throws RpcError */
export async function sentBefore(
  idempotencyKey: string,
  services: TurnServices & DeliveryServices,
): Promise<string | undefined> {
  const stored = await services.sessions.store.deliveries.get(deliveryIdOf(idempotencyKey));
  return stored && answerOf(stored.delivery, idempotencyKey, services);
}

function deliveryIdOf(idempotencyKey: string): string {
  return `send:${createHash('sha256').update(idempotencyKey).digest('base64url')}`;
}

async function answerOf(
  delivery: NewDelivery,
  runId: string,
  { deliveries, sessions }: TurnServices & DeliveryServices,
): Promise<string> {
  const { ended } = await deliveries.enqueue(delivery);
  // Somebody else may have been faster with the same key, and another place.
  const { route } = (await sessions.store.deliveries.get(delivery.id))?.delivery ?? delivery;
  return answered(await inTime(ended), { runId, route });
}

/** What keeps the key of a message that a session is shown. */
export function recordOf(
  { runId, key, agentId }: Mirror & { readonly runId: string },
  { messageId, sessionId, at }: Added,
  result: object,
): RunRecord {
  const payload = { runId, status: 'ok', summary: 'completed', result: { messageId, ...result } } as const;
  const end = { endedAt: at, status: 'ok', payload } as const;
  const about = { method: 'send', sessionKey: key, sessionId, agentId } as const;
  return { runId, ...about, message: '', acceptedAt: at, startedAt: at, end };
}

/** @throws RpcError when it was not delivered, or not yet */
function answered(
  outcome: DeliveryOutcome | undefined,
  { runId, route }: { readonly runId: string; readonly route: Route },
): string {
  if (!outcome)
    throw new RpcError({
      code: 'UNAVAILABLE',
      message: `${route.channel} has not taken the message yet; it is delivered as soon as it can be`,
      retryable: true,
    });
  if (outcome.status !== 'sent') throw new RpcError({ code: 'UNAVAILABLE', message: outcome.error });
  const { channel, id: chatId } = route;
  return JSON.stringify({ runId, messageId: outcome.messageIds[0] ?? '', channel, chatId });
}

async function inTime(ended: Promise<DeliveryOutcome>): Promise<DeliveryOutcome | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), deliveryLimits.answerMs);
  });
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}
