/** `sessions_list`: sessions, those used last first. Reads no transcripts. */
import { toolLimits } from '../../../shared/tools/limits.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import type { SessionStores, StoredSession } from './sessions/session-store.js';
import { toolRow } from './sessions/tool-row.js';
import { isVisible } from './sessions/visible.js';
import { jsonResult, tool } from './tool.js';

export const sessionsList = (stores: SessionStores) =>
  tool(builtinTools.sessions_list, async (args, context) => {
    const { limit = toolLimits.defaultSessions, offset = 0, activeMinutes, search, archived = false } = args;
    const now = Date.now();
    const store = stores(context.storeDir);
    const { sessions, more } = store.newest({
      archived,
      since: activeMinutes === undefined ? 0 : now - activeMinutes * 60_000,
      // As in `sessions.list`, it is nobody's.
      isVisible: (key) => key !== 'unknown' && isVisible(key, context),
      matches: search === undefined ? undefined : naming(search),
      offset,
      limit,
    });
    const busy = store.busy();
    return jsonResult({
      ts: now,
      count: sessions.length,
      hasMore: more,
      ...(more ? { nextOffset: offset + sessions.length } : {}),
      sessions: sessions.map((session) => toolRow(session, busy, context.settings.sessions.scheme)),
    });
  });

function naming(search: string): (session: StoredSession) => boolean {
  const wanted = search.trim().toLowerCase();
  return ({ key, entry: { label = '', displayName = '' } }) =>
    [key, label, displayName].some((text) => text.toLowerCase().includes(wanted));
}
