/**
 * `send`: a message to a chat network (methods.md §8), or to the web chat inside the gateway: its addresses are session
 * keys, and the message stands in the session's transcript. The idempotency key is stored with the message, so a repeat is
 * answered with the first result also after a restart.
 */
import type { RunRecord, SessionKey } from '../../../shared/store/records.js';
import { injectMessage, type Added } from '../../sessions/injected-message.js';
import { requireAddressee } from './addressee.js';
import { requireRoute, WEBCHAT, type DeliveryServices } from './delivery.js';
import { invalidRequest, method, type Method } from './method.js';
import type { ParamsOf } from './params.js';
import { recordOf, sendToNetwork, sentBefore, type Mirror } from './send-to-network.js';
import { requireNoNull, type TurnServices } from './send-turn.js';

type SendParams = ParamsOf<'send'>;

export function sendMethods(services: TurnServices & DeliveryServices): readonly Method[] {
  const { sessions } = services;
  return [
    method({
      name: 'send',
      scope: 'operator.write',
      summary:
        "A message to a chat network, or with `webchat` to a session's own transcript. Answered when the network has it, with `UNAVAILABLE` when it refuses it; what it cannot take yet is delivered later, and a repeat with the same key says what became of it.",
      answers: '`{runId, messageId, channel, chatId}`',
      async answer(params) {
        const { text, urls } = contentOf(params);
        const { idempotencyKey } = params;
        // Keys of messages are apart from those of runs (protocol.md §19).
        const runId = `send:${idempotencyKey}`;
        const before = await sentBefore(idempotencyKey, services);
        if (before !== undefined) return before;
        const posted = await sessions.store.runs.get(runId);
        if (posted) return sent(posted, idempotencyKey);
        const channel = channelOf(params, services);
        if (channel !== WEBCHAT) {
          const { to, accountId, threadId, replyToId, silent, sessionKey } = params;
          const { asVoice, forceDocument: asDocument } = params;
          const flags = { ...(asVoice ? { asVoice } : {}), ...(asDocument ? { asDocument } : {}) };
          const media = urls.map((url) => ({ url, ...flags }));
          const route = requireRoute({ channel, to, accountId, threadId }, services);
          const mirror = sessionKey === undefined ? undefined : addressee(params, services);
          const message = { idempotencyKey, route, text, media, replyToId, silent, mirror };
          return sendToNetwork(message, services);
        }
        const { key, agentId } = addressee(params, services);
        const claim = (added: Added): RunRecord =>
          recordOf({ runId, key, agentId }, added, resultOf(key, added.messageId));
        const injection = await injectMessage(
          { key, text: [...(text === '' ? [] : [text]), ...urls].join('\n'), claim },
          services,
        );
        if (injection.outcome === 'missing') throw invalidRequest('session not found');
        if (injection.outcome === 'repeated') return sent(injection.run, idempotencyKey);
        return JSON.stringify({ runId: idempotencyKey, ...resultOf(key, injection.messageId) });
      },
    }),
  ];
}

/** @throws RpcError when there is nothing to send */
function contentOf({ message = '', mediaUrl, mediaUrls = [], hasBuffer }: SendParams) {
  const urls = [...new Set([...(mediaUrl === undefined ? [] : [mediaUrl]), ...mediaUrls])];
  requireNoNull(message);
  const text = message.trim() === '' ? '' : message;
  if (text === '' && urls.length === 0 && !hasBuffer) throw invalidRequest('text or media is required');
  if (hasBuffer) throw invalidRequest('buffer: this gateway does not take attachments yet');
  return { text, urls };
}

/** The one that is named, else the only one that there is. @throws RpcError */
function channelOf({ channel = '' }: SendParams, { accounts }: DeliveryServices): string {
  const name = channel.trim().toLowerCase();
  if (name !== '') return name;
  const [only, ...others] = accounts.channels;
  if (only === undefined) throw invalidRequest('Channel is required (no configured channels detected).');
  if (others.length === 0) return only;
  throw invalidRequest(`Channel is required (configured: ${accounts.channels.join(', ')}).`);
}

/** @throws RpcError */
function addressee(params: SendParams, services: TurnServices): Mirror {
  const { scheme } = services.sessions;
  const { to, sessionKey = to, agentId } = params;
  return requireAddressee({ agentId, sessionKey }, { scheme, routes: services.routes(), caller: 'send' });
}

function resultOf(chatId: SessionKey, messageId: string): object {
  return { messageId, channel: WEBCHAT, chatId };
}

/** What the message with this key was answered. @throws RpcError when a run has the key */
function sent({ method: by, end }: RunRecord, runId: string): string {
  if (by !== 'send') throw invalidRequest(`idempotencyKey already used by ${by}`);
  return JSON.stringify({ runId, ...(end?.payload.result as object | undefined) });
}
