/**
 * Sends one delivery, part by part. Before a part goes out it is marked on disk as being sent, which also says that those
 * before it are over; so a crash leaves at most one part of which nobody knows, and no part is ever sent twice
 * (`DeliveryState`). A draft that is shown already becomes the first part: to change a message again does no harm.
 */
import { createHash } from 'node:crypto';
import { deliveryLimits } from '../../../shared/channels/message-limits.js';
import type { Logger } from '../../../shared/log/logger.js';
import type { DeliveryEnd, DeliveryRecord, DeliveryState } from '../../../shared/store/channel-records.js';
import { toError } from '../../../shared/to-error.js';
import type { DeliveryHead } from '../../store/channel-store.js';
import type { Change, Store } from '../../store/store.js';
import type { RunningAccount } from '../accounts.js';
import { SendError, type OutboundPart } from '../channel.js';

export interface SendServices {
  readonly store: Pick<Store, 'commit'>;
  readonly log: Logger;
  now(): number;
  /** No other part is begun. */
  stopping(): boolean;
  /** The message that shows the answer already, once no change of it is under way; undefined for none. */
  settledDraft(id: string): Promise<string | undefined>;
  /** Ends what is being sent. */
  readonly abort: AbortSignal;
}

export type Sending =
  | {
      readonly outcome: 'ended';
      readonly state: DeliveryState;
      readonly end: DeliveryEnd;
      readonly category: string;
    }
  /** It is to be tried again, after so many milliseconds where the network names them. */
  | { readonly outcome: 'again'; readonly afterMs: number | undefined }
  | { readonly outcome: 'stopped' };

/** Never rejects. */
export async function sendDelivery(
  { delivery, state: found }: DeliveryHead,
  account: RunningAccount,
  services: SendServices,
): Promise<Sending> {
  const { id } = delivery;
  const { log, now, stopping, abort } = services;
  const repeats = account.channel.capabilities.repeats === true;
  let state = afterCrash(found, repeats);
  if (state.unknown > found.unknown)
    log.warn('delivery.unknown', `a part of ${id} may or may not have been sent`, about(delivery));
  const put = (changed: DeliveryState, besides: readonly Change[] = []): Promise<boolean> => {
    state = changed;
    return stored([...besides, { type: 'delivery-state', id, state }], services);
  };
  const ended = async (status: DeliveryEnd['status'], category: string, error?: string): Promise<Sending> => {
    const end = { endedAt: now(), status, ...(error === undefined ? {} : { error }) };
    if (!(await put({ ...state, sending: false, end }))) return { outcome: 'stopped' };
    if (error !== undefined)
      log.warn('delivery.failed', `${id} was not delivered: ${error}`, about(delivery));
    return { outcome: 'ended', state, end, category };
  };
  const isTooOld = (): boolean => now() - delivery.createdAt > deliveryLimits.oldestMs;
  let texts: readonly string[];
  try {
    texts = delivery.parts ?? textsOf(delivery, account);
  } catch (caught) {
    const { kind, retryAfterMs } = asSendError(caught);
    if (kind === 'not-sent') return { outcome: 'again', afterMs: retryAfterMs };
    return ended('failed', 'split', messageOf(caught));
  }
  // From the first part on they stay as they are, although another version might cut them otherwise.
  let unstored: readonly Change[] = delivery.parts ? [] : [{ type: 'delivery-parts', id, parts: texts }];
  const cut = partsOf(delivery, texts, account);
  while (state.next < cut.length) {
    if (stopping()) {
      if (state !== found) await put(state);
      return { outcome: 'stopped' };
    }
    if (isTooOld()) return ended('failed', 'too_old', 'it could not be sent in time');
    const part = cut[state.next] as OutboundPart;
    const draft = state.next === 0 ? await services.settledDraft(id) : undefined;
    await account.account.paced?.(part.route, abort).catch(() => undefined);
    if (stopping()) continue;
    if (draft === undefined) {
      if (!(await put({ ...state, sending: true }, unstored))) return { outcome: 'stopped' };
      unstored = [];
    }
    const signal = AbortSignal.any([abort, AbortSignal.timeout(deliveryLimits.sendMs)]);
    try {
      const messageId = await sendPart(account, part, draft, signal);
      state = {
        ...state,
        next: state.next + 1,
        sending: false,
        messageIds: [...state.messageIds, messageId],
      };
    } catch (caught) {
      const { kind, retryAfterMs } = asSendError(caught);
      const error = messageOf(caught);
      if (draft !== undefined && kind === 'refused') {
        // Somebody has deleted it, perhaps: then it is a message like others.
        if (!(await stored([{ type: 'draft', id, draft: null }], services))) return { outcome: 'stopped' };
      } else if (kind === 'not-sent' || draft !== undefined || (kind === 'unknown' && repeats)) {
        if (isTooOld()) return ended('failed', 'too_old', error);
        const again = { outcome: 'again', afterMs: retryAfterMs } as const;
        return (await put({ ...state, sending: false })) ? again : { outcome: 'stopped' };
      } else if (kind === 'refused') return ended('failed', 'refused', error);
      else {
        log.warn(
          'delivery.unknown',
          `a part of ${id} may or may not have been sent: ${error}`,
          about(delivery),
        );
        state = { ...state, next: state.next + 1, sending: false, unknown: state.unknown + 1 };
      }
    }
  }
  return state.unknown > 0
    ? ended('unknown', 'unknown', `${state.unknown} of ${cut.length} parts may or may not have been sent`)
    : ended('sent', 'none');
}

/** What was being sent when the gateway died is not sent again, unless its receiver knows a repeat. */
function afterCrash(state: DeliveryState, repeats: boolean): DeliveryState {
  if (!state.sending) return state;
  if (repeats) return { ...state, sending: false };
  return { ...state, next: state.next + 1, sending: false, unknown: state.unknown + 1 };
}

/** Files are only named where the network takes none. */
function textsOf(
  { text, media = [], route }: DeliveryRecord,
  { account, channel }: RunningAccount,
): readonly string[] {
  const named = channel.capabilities.media ? [] : media.map(({ url }) => url);
  const whole = [...(text === '' ? [] : [text]), ...named].join('\n');
  return whole === '' ? [] : account.split(whole, route);
}

function partsOf(
  { id, route, media = [], replyToId, silent }: DeliveryRecord,
  texts: readonly string[],
  { account, channel }: RunningAccount,
): readonly OutboundPart[] {
  const files = channel.capabilities.media ? media : [];
  const [first, ...others] = files;
  const { captionChars = Number.POSITIVE_INFINITY } = account;
  const [caption] = texts;
  const isCaption = first && texts.length === 1 && caption !== undefined && caption.length <= captionChars;
  const contents: readonly Pick<OutboundPart, 'text' | 'media'>[] = isCaption
    ? [{ text: caption, media: first }, ...others.map((one) => ({ text: '', media: one }))]
    : [...texts.map((text) => ({ text })), ...files.map((one) => ({ text: '', media: one }))];
  const name = createHash('sha256').update(id).digest('base64url');
  return contents.map((content, n) => ({
    ...content,
    id: `${name}-${n}`,
    route,
    ...(silent === undefined ? {} : { silent }),
    ...(n === 0 && replyToId !== undefined ? { replyToId } : {}),
  }));
}

async function sendPart(
  { account }: RunningAccount,
  part: OutboundPart,
  draft: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (draft === undefined) return (await account.send(part, signal)).messageId;
  if (!account.edit) throw new SendError('refused', 'messages cannot be changed');
  await account.edit(draft, part, signal);
  return draft;
}

/** What is known of a part whose end cannot be stored is tried to be stored until the gateway stops. */
async function stored(changes: readonly Change[], { store, log, stopping }: SendServices): Promise<boolean> {
  for (;;) {
    try {
      await store.commit(changes);
      return true;
    } catch (caught) {
      log.error('delivery.not-stored', toError(caught).message);
      if (stopping()) return false;
      await new Promise((resolve) => setTimeout(resolve, deliveryLimits.storeRetryMs));
    }
  }
}

/** A channel that says nothing about it may have sent it. */
function asSendError(caught: unknown): Pick<SendError, 'kind' | 'retryAfterMs'> {
  return caught instanceof SendError ? caught : { kind: 'unknown', retryAfterMs: undefined };
}

function messageOf(caught: unknown): string {
  return toError(caught).message.slice(0, deliveryLimits.errorChars);
}

function about({ route: { channel, accountId }, kind }: DeliveryRecord): Record<string, unknown> {
  return { channel, accountId, kind };
}
