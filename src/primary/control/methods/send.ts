/**
 * `send`: a message to a chat network (methods.md §8). The web chat inside the gateway is the only one yet: its
 * addresses are session keys, and the message stands in the session's transcript. The idempotency key is stored with
 * the message, so a repeat is answered with the first result also after a restart.
 */
import type { RunRecord, SessionKey } from '../../../shared/store/records.js';
import { injectMessage, type Added } from '../../sessions/injected-message.js';
import { canonicalKey } from '../../../shared/store/session-keys.js';
import { requireAgent, requireOwner } from './agent.js';
import { requireWebchat, WEBCHAT } from './delivery.js';
import { invalidRequest, method, type Method } from './method.js';
import type { ParamsOf } from './params.js';
import { requireNoNull, type TurnServices } from './send-turn.js';

type SendParams = ParamsOf<'send'>;

export function sendMethods(services: TurnServices): readonly Method[] {
  const { sessions } = services;
  return [
    method({
      name: 'send',
      scope: 'operator.write',
      summary: "A message to a chat network. `webchat`, a session's own transcript, is the only one yet.",
      answers: '`{runId, messageId, channel, chatId}`',
      async answer(params) {
        const text = textOf(params);
        requireChannel(params);
        const { idempotencyKey } = params;
        const { key, agentId } = addressee(params, services);
        // Keys of messages are apart from those of runs (protocol.md §19).
        const runId = `send:${idempotencyKey}`;
        const before = await sessions.store.runs.get(runId);
        if (before) return sent(before, idempotencyKey);
        const claim = (added: Added): RunRecord => recordOf({ runId, key, agentId }, added);
        const injection = await injectMessage({ key, text, claim }, services);
        if (injection.outcome === 'missing') throw invalidRequest('session not found');
        if (injection.outcome === 'repeated') return sent(injection.run, idempotencyKey);
        return JSON.stringify({ runId: idempotencyKey, ...resultOf(key, injection.messageId) });
      },
    }),
  ];
}

/** @throws RpcError when there is nothing to send */
function textOf({ message = '', mediaUrl, mediaUrls = [], hasBuffer }: SendParams): string {
  const urls = new Set([...(mediaUrl === undefined ? [] : [mediaUrl]), ...mediaUrls]);
  requireNoNull(message);
  const parts = [...(message.trim() === '' ? [] : [message]), ...urls];
  if (parts.length === 0 && !hasBuffer) throw invalidRequest('text or media is required');
  if (hasBuffer) throw invalidRequest('buffer: this gateway does not take attachments yet');
  return parts.join('\n');
}

/** @throws RpcError for any other channel, and for none */
function requireChannel({ channel = '' }: SendParams): void {
  const name = channel.trim();
  if (name === '') throw invalidRequest('Channel is required (no configured channels detected).');
  requireWebchat(name);
}

interface Addressee {
  readonly key: SessionKey;
  readonly agentId: string;
}

/** @throws RpcError */
function addressee(params: SendParams, services: TurnServices): Addressee {
  const { scheme } = services.sessions;
  const routes = services.routes();
  const { to, sessionKey = to, agentId } = params;
  const named = agentId === undefined ? undefined : requireAgent(agentId, routes, 'send');
  const key = canonicalKey(sessionKey, scheme, named);
  return { key, agentId: requireOwner(key, named, { scheme, routes, caller: 'send' }) };
}

function recordOf(
  { runId, key, agentId }: Addressee & { readonly runId: string },
  { messageId, sessionId, at }: Added,
): RunRecord {
  const payload = { runId, status: 'ok', summary: 'completed', result: resultOf(key, messageId) } as const;
  const end = { endedAt: at, status: 'ok', payload } as const;
  const about = { method: 'send', sessionKey: key, sessionId, agentId } as const;
  return { runId, ...about, message: '', acceptedAt: at, startedAt: at, end };
}

function resultOf(chatId: SessionKey, messageId: string): object {
  return { messageId, channel: WEBCHAT, chatId };
}

/** What the message with this key was answered. @throws RpcError when a run has the key */
function sent({ method: by, end }: RunRecord, runId: string): string {
  if (by !== 'send') throw invalidRequest(`idempotencyKey already used by ${by}`);
  return JSON.stringify({ runId, ...(end?.payload.result as object | undefined) });
}
