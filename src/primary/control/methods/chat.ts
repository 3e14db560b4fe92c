/** `chat.send`, `.abort`, `.history`, `.startup`, `.inject` (methods.md §3). */
import { findSession } from '../../sessions/find-session.js';
import { readHistoryPage } from '../../sessions/history-page.js';
import { injectMessage } from '../../sessions/injected-message.js';
import { sessionDefaults } from '../../sessions/session-defaults.js';
import { canonicalKey } from '../../sessions/session-keys.js';
import type { SessionEvents } from '../session-events.js';
import { invalidRequest, isAdmin, method, type Method } from './method.js';
import { sendTurn, type TurnServices } from './send-turn.js';

export interface ChatServices extends TurnServices {
  readonly events: Pick<SessionEvents, 'subscribe'>;
}

export function chatMethods(services: ChatServices): readonly Method[] {
  const { runs, sessions, routes } = services;
  const { scheme } = sessions;
  return [
    method({
      name: 'chat.send',
      scope: 'operator.write',
      answer(params, connection) {
        const { sessionKey, agentId, idempotencyKey, queueMode, privileged } = params;
        if (privileged && !isAdmin(connection))
          throw invalidRequest(`${privileged} fields require admin scope`);
        const key = canonicalKey(sessionKey, scheme, agentId?.toLowerCase());
        const { message, attachments, timeoutMs, sessionId } = params;
        const text = { message, attachments, timeoutMs, sessionId };
        return sendTurn({ method: 'chat.send', runId: idempotencyKey, key, queueMode, ...text }, services);
      },
    }),
    method({
      name: 'chat.abort',
      scope: 'operator.write',
      async answer({ sessionKey, agentId, runId }) {
        const key = canonicalKey(sessionKey, scheme, agentId?.toLowerCase());
        const live = runId === undefined ? undefined : runs.live(runId);
        if (live && live.record.sessionKey !== key) throw invalidRequest('runId does not match sessionKey');
        const runIds = await runs.abort(key, runId, 'rpc');
        return JSON.stringify({ ok: true, aborted: runIds.length > 0, runIds });
      },
    }),
    method({
      name: 'chat.history',
      scope: 'operator.read',
      async answer(params) {
        const key = canonicalKey(params.sessionKey, scheme, params.agentId?.toLowerCase());
        return JSON.stringify(await readHistoryPage(sessions, runs, key, params, sessionDefaults(routes)));
      },
    }),
    method({
      name: 'chat.startup',
      scope: 'operator.read',
      async answer({ sessionKey, shortId, slugHint: _hint, ...page }, connection) {
        const defaults = sessionDefaults(routes);
        if (sessionKey !== undefined) {
          const key = canonicalKey(sessionKey, scheme, page.agentId?.toLowerCase());
          return JSON.stringify(await readHistoryPage(sessions, runs, key, page, defaults));
        }
        if (shortId === undefined) throw invalidRequest('sessionKey or shortId required');
        services.events.subscribe(connection);
        const { agentId } = page;
        const found = await findSession({ shortId, ...(agentId !== undefined && { agentId }) }, sessions);
        if (found.outcome !== 'found') return '{"resolution":{"ok":false}}';
        const { key } = found;
        const history = await readHistoryPage(sessions, runs, key, page, defaults);
        return JSON.stringify({ ...history, resolution: { ok: true, key } });
      },
    }),
    method({
      name: 'chat.inject',
      scope: 'operator.admin',
      async answer({ sessionKey, agentId, message, label }) {
        const key = canonicalKey(sessionKey, scheme, agentId?.toLowerCase());
        const text = label === undefined ? message : `[${label}]\n${message}`;
        const injection = await injectMessage({ key, text }, services);
        if (injection.outcome !== 'added') throw invalidRequest('session not found');
        return JSON.stringify({ ok: true, messageId: injection.messageId });
      },
    }),
  ];
}
