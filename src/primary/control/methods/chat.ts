/** `chat.send`, `chat.abort`, `chat.history`, `chat.inject` (methods.md §3). */
import { RunEvents } from '../../sessions/run-events.js';
import { agentOf, canonicalKey } from '../../sessions/session-keys.js';
import { readHistoryPage } from '../../sessions/history-page.js';
import { sessionDefaults } from '../../sessions/session-defaults.js';
import { assistantLine } from '../../sessions/transcript-lines.js';
import { invalidRequest, method, type Method } from './method.js';
import { sendTurn, type TurnServices } from './send-turn.js';

export function chatMethods(services: TurnServices): readonly Method[] {
  const { runs, sessions, routes } = services;
  const { scheme } = sessions;
  return [
    method({
      name: 'chat.send',
      scope: 'operator.write',
      answer(params) {
        const { sessionKey, agentId, idempotencyKey, queueMode } = params;
        const key = canonicalKey(sessionKey, scheme, agentId?.toLowerCase());
        const { message, attachments, timeoutMs, sessionId } = params;
        const text = { message, attachments, timeoutMs, sessionId };
        const interrupt = queueMode === 'interrupt';
        return sendTurn({ method: 'chat.send', runId: idempotencyKey, key, interrupt, ...text }, services);
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
      name: 'chat.inject',
      scope: 'operator.admin',
      answer({ sessionKey, agentId, message, label }) {
        const key = canonicalKey(sessionKey, scheme, agentId?.toLowerCase());
        return sessions.exclusive(key, async () => {
          const entry = await sessions.get(key);
          if (!entry) throw invalidRequest('session not found');
          const at = Date.now();
          const text = label === undefined ? message : `[${label}]\n${message}`;
          const facts = { provider: '', model: '', usage: { input: 0, output: 0 }, stopReason: 'stop' };
          let messageId = '';
          const append = await sessions.appending(entry.sessionId, at, (parentId) => {
            const line = assistantLine(text, facts, parentId, at);
            messageId = line.id;
            return [line];
          });
          await sessions.commit(key, [append, { type: 'session', key, entry: { ...entry, updatedAt: at } }]);
          sessions.changed(key, { reason: 'send' });
          const subject = { runId: `inject-${messageId}`, sessionKey: key, agentId: agentOf(key, scheme) };
          new RunEvents(subject, services.broadcast).final(text, at, undefined, undefined);
          return JSON.stringify({ ok: true, messageId });
        });
      },
    }),
  ];
}
