/** `chat.send`, `chat.abort`, `chat.history`, `chat.inject` (methods.md §3). */
import type { RunEnd } from '../../../shared/store/records.js';
import { RunEvents, type Broadcast } from '../../sessions/run-events.js';
import type { Runs } from '../../sessions/runs.js';
import { agentOf, canonicalKey } from '../../sessions/session-keys.js';
import type { Sessions } from '../../sessions/sessions.js';
import { readHistoryPage } from '../../sessions/history-page.js';
import { sessionDefaults } from '../../sessions/session-defaults.js';
import { assistantLine } from '../../sessions/transcript-lines.js';
import type { RouteTable } from '../../../shared/routes.js';
import { finalPayload, requireRun } from './agent.js';
import { invalidRequest, method, type Method } from './method.js';

export interface ChatMethodServices {
  readonly runs: Runs;
  readonly sessions: Sessions;
  readonly routes: RouteTable;
  readonly timeoutMs: number;
  readonly broadcast: Broadcast;
}

export function chatMethods(services: ChatMethodServices): readonly Method[] {
  const { runs, sessions, routes } = services;
  const { scheme } = sessions;
  return [
    method({
      name: 'chat.send',
      scope: 'operator.write',
      async answer(params) {
        const key = canonicalKey(params.sessionKey, scheme, params.agentId?.toLowerCase());
        const agentId = agentOf(key, scheme);
        if (!Object.hasOwn(routes.agents, agentId)) throw invalidRequest(`unknown agent id "${agentId}"`);
        const message = readMessage(params.message);
        if ((params.attachments ?? []).length > 0)
          throw invalidRequest('attachment: this gateway does not take attachments yet');
        if (message.trim() === '') throw invalidRequest('message or attachment required');
        const entry = await sessions.get(key);
        if (params.sessionId !== undefined && entry?.sessionId !== params.sessionId)
          throw invalidRequest('sessionId does not match sessionKey');
        if (isStopCommand(message)) {
          const runIds = await runs.abort(key, undefined, 'stop');
          return JSON.stringify({ ok: true, aborted: runIds.length > 0, runIds });
        }
        if (entry?.sendPolicy === 'deny') throw invalidRequest('send blocked by session policy');
        const { idempotencyKey: runId, timeoutMs = services.timeoutMs } = params;
        if (params.queueMode === 'interrupt' && !runs.live(runId)) await runs.abort(key, undefined, 'rpc');
        const limit = timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs;
        const acceptance = requireRun(
          await runs.accept({ method: 'chat.send', runId, key, agentId, message, timeoutMs: limit }),
        );
        if (acceptance.outcome === 'ended') return repeatedPayload(runId, acceptance.end);
        const status = acceptance.outcome === 'accepted' ? 'started' : 'in_flight';
        return JSON.stringify({ runId, status });
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
          await sessions.store.commit([append, { type: 'session', key, entry: { ...entry, updatedAt: at } }]);
          const subject = { runId: `inject-${messageId}`, sessionKey: key, agentId: agentOf(key, scheme) };
          new RunEvents(subject, services.broadcast).final(text, at, undefined, undefined);
          return JSON.stringify({ ok: true, messageId });
        });
      },
    }),
  ];
}

/** What a key answers whose run has ended (protocol.md §19). @throws RpcError for one that failed */
function repeatedPayload(runId: string, end: RunEnd): string {
  if (end.message !== undefined) return finalPayload(end);
  return JSON.stringify({ runId, status: end.status });
}

/** Characters that only break terminals go; what people type stays (methods.md §3). @throws RpcError */
function readMessage(text: string): string {
  if (text.includes('\0')) throw invalidRequest('message must not contain null bytes');
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.normalize('NFC').replaceAll(/[\u0001-\u0008\u000B\u000C\u000E-\u001F\u007F]/g, '');
}

const stopWords: ReadonlySet<string> = new Set(['stop', 'esc', 'abort', 'exit', 'interrupt']);

function isStopCommand(message: string): boolean {
  const word = message
    .trim()
    .toLowerCase()
    .replace(/[.!?…]+$/, '');
  return word === '/stop' || stopWords.has(word);
}
