/**
 * Who is told of a run's end besides its session (http.md §11.3): a chat network, and another session by a system event, in
 * the same commit, so that it is told once whatever dies. Of sessions only a main session is ever told, of runs of other sessions: two that wait for each other there are not.
 */
import { systemEventLimits } from '../../shared/session-limits.js';
import type { RunEnd, RunRecord } from '../../shared/store/records.js';
import type { Change } from '../store/store.js';
import type { Sessions } from './sessions.js';
import { replyChanges } from './run-reply.js';
import { withSystemEvent } from './system-events.js';

/** Calls `commit` with what is to be committed besides. */
export function reported(
  sessions: Sessions,
  record: RunRecord,
  end: RunEnd,
  commit: (report: readonly Change[]) => Promise<void>,
): Promise<void> {
  const { report, sessionKey } = record;
  const replies = replyChanges(record, end);
  // The session itself has seen it.
  if (!report || report.to === sessionKey) return commit(replies);
  const { to: key, name } = report;
  return sessions.exclusive(key, async () => {
    const at = end.endedAt;
    const entry = withSystemEvent(await sessions.getOrNew(key, at), { text: summaryOf(name, end), at });
    await commit([...replies, { type: 'session', key, entry }]);
  });
}

/** What the model said last, or what went wrong. */
function summaryOf(name: string, { status, message, payload }: RunEnd): string {
  const { payloads = [] } = (payload.result ?? {}) as {
    readonly payloads?: readonly { readonly text: string }[];
  };
  const said = message ?? payloads.at(-1)?.text ?? payload.stopReason ?? payload.summary;
  const how = status === 'ok' ? '' : ` (${status})`;
  return `Hook ${name}${how}: ${said}`.slice(0, systemEventLimits.textChars);
}
