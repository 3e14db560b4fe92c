/** `session_status`: what a session is, and the time. */
import { builtinTools } from '../../../shared/tools/builtin.js';
import type { SessionStores } from './sessions/session-store.js';
import { toolRow } from './sessions/tool-row.js';
import { namedSession } from './sessions/visible.js';
import { jsonResult, tool } from './tool.js';

export const sessionStatus = (stores: SessionStores) =>
  tool(builtinTools.session_status, async ({ sessionKey }, context) => {
    const store = stores(context.storeDir);
    const { key, entry } = namedSession(sessionKey, store, context);
    const now = new Date();
    const session = entry && {
      ...toolRow({ key, entry }, store.busy(), context.settings.sessions.scheme),
      sessionStartedAt: entry.sessionStartedAt,
      compactionCount: entry.compactionCount ?? 0,
    };
    return jsonResult({
      ts: now.getTime(),
      now: now.toISOString(),
      sessionKey: key,
      session: session ?? null,
    });
  });
