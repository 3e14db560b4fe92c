/** `sessions_history`: the last messages of a session, in the words of `chat.history` (methods.md §3). */
import { messageRow } from '../../../shared/history-row.js';
import { toolLimits } from '../../../shared/tools/limits.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import type { SessionStores } from './sessions/session-store.js';
import { namedSession } from './sessions/visible.js';
import { jsonResult, tool } from './tool.js';

export const sessionsHistory = (stores: SessionStores) =>
  tool(builtinTools.sessions_history, async (args, context) => {
    const { limit = toolLimits.defaultMessages, offset = 0, includeTools = false } = args;
    const store = stores(context.storeDir);
    const { key, entry } = namedSession(args.sessionKey, store, context);
    const messages: object[] = [];
    let left = offset;
    let chars = 0;
    let more = false;
    for (const line of entry ? linesOf(entry.sessionId, store) : []) {
      const message = shownMessage(messageRow(line, 0, toolLimits.messageChars), includeTools);
      if (!message) continue;
      if (left > 0) {
        left -= 1;
        continue;
      }
      chars += JSON.stringify(message).length;
      more = messages.length === limit || (messages.length > 0 && chars > toolLimits.historyChars);
      if (more) break;
      messages.unshift(message);
    }
    return jsonResult({
      sessionKey: key,
      ...(entry ? { sessionId: entry.sessionId } : {}),
      messages,
      hasMore: more,
      ...(more ? { nextOffset: offset + messages.length } : {}),
    });
  });

function linesOf(sessionId: string, { transcripts }: ReturnType<SessionStores>) {
  const { start, newestFirst } = transcripts.view(sessionId);
  return newestFirst(start, Number.MAX_SAFE_INTEGER);
}

/** Undefined for what a reader of the conversation need not see: tools, unless asked for, and what was only thought. */
function shownMessage(row: ReturnType<typeof messageRow>, withTools: boolean): object | undefined {
  if (!row || (row.role === 'toolResult' && !withTools)) return undefined;
  const content = (row.content as readonly { readonly type: string }[]).filter(
    ({ type }) => type !== 'thinking' && (withTools || type !== 'toolCall'),
  );
  const { role, timestamp } = row;
  return content.length === 0 ? undefined : { role, content, timestamp };
}
