/** `chat.send`, `.abort`, `.history`, `.startup`, `.inject` (methods.md §3). */
import { findSession } from '../../sessions/find-session.js';
import { readHistoryPage } from '../../sessions/history-page.js';
import { injectMessage } from '../../sessions/injected-message.js';
import { canonicalKey } from '../../../shared/store/session-keys.js';
import type { SessionEvents } from '../session-events.js';
import { replyOf, type DeliveryServices } from './delivery.js';
import { invalidRequest, isAdmin, method, type Method } from './method.js';
import { sendTurn, type TurnServices } from './send-turn.js';

export interface ChatServices extends TurnServices, DeliveryServices {
  readonly events: Pick<SessionEvents, 'subscribe'>;
}

export function chatMethods(services: ChatServices): readonly Method[] {
  const { runs, sessions } = services;
  return [
    method({
      name: 'chat.send',
      scope: 'operator.write',
      summary:
        "Runs a turn on a session; its answer comes in `chat` events. `/stop` alone ends the session's turns, `/new` and `/reset` reset the session. Params `originating…`, `expected…`, `systemInputProvenance`, `systemProvenanceReceipt` and `suppressCommandInterpretation` have no effect; but for `expected…` they need `operator.admin`.",
      answers:
        '`{runId, status: "started"}`, `in_flight` for a key whose run is not over, its end for one whose run is; for `/stop` `{ok, aborted, runIds}`.',
      async answer(params, connection) {
        const { sessionKey, agentId, idempotencyKey, queueMode, privileged, deliver } = params;
        if (privileged && !isAdmin(connection))
          throw invalidRequest(`${privileged} fields require admin scope`);
        const key = canonicalKey(sessionKey, sessions.scheme, agentId?.toLowerCase());
        const { message, attachments, timeoutMs, thinking, sessionId } = params;
        // The web chat sees the answer whether or not it can go elsewhere.
        const asked = { ...(deliver === undefined ? {} : { deliver }), bestEffortDeliver: true };
        const reply = await replyOf(asked, key, services);
        const text = { message, attachments, timeoutMs, thinking, sessionId, reply, owner: connection };
        return sendTurn({ method: 'chat.send', runId: idempotencyKey, key, queueMode, ...text }, services);
      },
    }),
    method({
      name: 'chat.abort',
      scope: 'operator.write',
      summary: 'Ends one run of a session, or all of them.',
      answers: '`{ok, aborted, runIds}`',
      async answer({ sessionKey, agentId, runId }) {
        const key = canonicalKey(sessionKey, sessions.scheme, agentId?.toLowerCase());
        const live = runId === undefined ? undefined : runs.live(runId);
        if (live && live.record.sessionKey !== key) throw invalidRequest('runId does not match sessionKey');
        const runIds = await runs.abort(key, runId, 'rpc');
        return JSON.stringify({ ok: true, aborted: runIds.length > 0, runIds });
      },
    }),
    method({
      name: 'chat.history',
      scope: 'operator.read',
      readsMuch: true,
      summary: "A page of a session's messages, the oldest first. A session that does not exist has none.",
      answers:
        '`{sessionKey, sessionId, messages, thinkingLevel, verboseLevel, defaults, sessionInfo, inFlightRun, hasMore, nextOffset, totalMessages}`',
      async answer(params) {
        const key = canonicalKey(params.sessionKey, sessions.scheme, params.agentId?.toLowerCase());
        return JSON.stringify(await readHistoryPage(key, params, services));
      },
    }),
    method({
      name: 'chat.startup',
      scope: 'operator.read',
      readsMuch: true,
      summary:
        "What a web page asks for first: as `chat.history`; or by the beginning of a session's id (`shortId`), and then the connection also gets `sessions.changed`.",
      answers:
        'As `chat.history`, by `shortId` with `resolution: {ok, key}`; `{resolution: {ok: false}}` when nothing is found.',
      async answer({ sessionKey, shortId, slugHint: _hint, ...page }, connection) {
        if (sessionKey !== undefined) {
          const key = canonicalKey(sessionKey, sessions.scheme, page.agentId?.toLowerCase());
          return JSON.stringify(await readHistoryPage(key, page, services));
        }
        if (shortId === undefined) throw invalidRequest('sessionKey or shortId required');
        services.events.subscribe(connection);
        const { agentId } = page;
        const found = await findSession({ shortId, ...(agentId !== undefined && { agentId }) }, sessions);
        if (found.outcome !== 'found') return '{"resolution":{"ok":false}}';
        const { key } = found;
        const history = await readHistoryPage(key, page, services);
        return JSON.stringify({ ...history, resolution: { ok: true, key } });
      },
    }),
    method({
      name: 'chat.inject',
      scope: 'operator.admin',
      summary: 'Adds a message of the assistant without a turn.',
      answers: '`{ok, messageId}`',
      async answer({ sessionKey, agentId, message, label }) {
        const key = canonicalKey(sessionKey, sessions.scheme, agentId?.toLowerCase());
        const text = label === undefined ? message : `[${label}]\n${message}`;
        const injection = await injectMessage({ key, text }, services);
        if (injection.outcome !== 'added') throw invalidRequest('session not found');
        return JSON.stringify({ ok: true, messageId: injection.messageId });
      },
    }),
  ];
}
