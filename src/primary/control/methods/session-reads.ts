/** `sessions.list`, `.describe`, `.preview`, `.resolve`, `.get`: what is known of sessions (methods.md §4). */
import { setImmediate as pause } from 'node:timers/promises';
import { sessionLimits } from '../../../shared/session-limits.js';
import type { SessionKey } from '../../../shared/store/records.js';
import { findSession } from '../../sessions/find-session.js';
import { readHistoryPage } from '../../sessions/history-page.js';
import { canonicalKey } from '../../../shared/store/session-keys.js';
import type { SessionLister } from '../../sessions/session-list.js';
import { fullSessionRow, type RowSources } from '../../sessions/session-row.js';
import type { Sessions } from '../../sessions/sessions.js';
import { lastItems } from '../../sessions/transcript-text.js';
import { invalidRequest, method, shownPath, type Method } from './method.js';

export interface SessionReadServices extends RowSources {
  readonly lister: SessionLister;
}

export function sessionReadMethods(services: SessionReadServices): readonly Method[] {
  const { sessions, lister } = services;
  const keyOf = (key: string, agentId: string | undefined): SessionKey =>
    canonicalKey(key, sessions.scheme, agentId?.toLowerCase());
  return [
    method({
      name: 'sessions.list',
      scope: 'operator.read',
      readsMuch: true,
      summary: 'Sessions, those updated last first.',
      answers: '`{ts, path, count, totalCount, limitApplied, hasMore, nextOffset, defaults, sessions}`',
      answer: async (params, connection) =>
        JSON.stringify(await lister.list(params, shownPath(sessions.store.path, connection), Date.now())),
    }),
    method({
      name: 'sessions.describe',
      scope: 'operator.read',
      readsMuch: true,
      summary: 'One session.',
      answers: '`{session}`, `null` when there is none.',
      async answer(params) {
        const key = keyOf(params.key, params.agentId);
        const entry = await sessions.get(key);
        const session = entry ? await fullSessionRow({ key, entry }, params, services) : null;
        return JSON.stringify({ session });
      },
    }),
    method({
      name: 'sessions.preview',
      scope: 'operator.read',
      readsMuch: true,
      summary: 'The last messages of several sessions, each as one line.',
      answers:
        '`{ts, previews: [{key, status, items: [{role, text}]}]}` with `status` `ok`, `empty` or `missing`.',
      async answer({ keys, limit, maxChars }) {
        const items = Math.min(limit, sessionLimits.previewItems);
        const chars = Math.min(maxChars, sessionLimits.previewChars);
        const previews: object[] = [];
        for (const key of keys.slice(0, sessionLimits.previewKeys)) {
          previews.push(await preview(keyOf(key, undefined), items, chars, sessions));
          await pause();
        }
        return JSON.stringify({ ts: Date.now(), previews });
      },
    }),
    method({
      name: 'sessions.resolve',
      scope: 'operator.read',
      advertised: false,
      summary: 'The key of the session that is named in one of several ways.',
      answers: '`{ok: true, key}`; with `allowMissing` `{ok: false}` when there is none.',
      async answer(params) {
        const found = await findSession(params, sessions);
        if (found.outcome === 'found') return JSON.stringify({ ok: true, key: found.key });
        if (found.outcome === 'missing' && params.allowMissing === true) return JSON.stringify({ ok: false });
        throw invalidRequest(found.message);
      },
    }),
    method({
      name: 'sessions.get',
      scope: 'operator.read',
      readsMuch: true,
      advertised: false,
      summary: 'The last messages of a session.',
      answers: '`{messages}`',
      async answer({ key, sessionKey, agentId, limit }) {
        const name = key ?? sessionKey;
        if (name === undefined) throw invalidRequest('key required');
        const { messages } = await readHistoryPage(keyOf(name, agentId), { limit }, services);
        return JSON.stringify({ messages });
      },
    }),
  ];
}

async function preview(key: SessionKey, limit: number, chars: number, sessions: Sessions): Promise<object> {
  const entry = await sessions.get(key);
  if (!entry) return { key, status: 'missing', items: [] };
  const items = await lastItems(sessions.store.transcripts, entry.sessionId, { lines: limit, chars });
  return { key, status: items.length > 0 ? 'ok' : 'empty', items };
}
