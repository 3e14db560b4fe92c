/**
 * What another session is told of a run's end (http.md §11.3): a system event, in the same commit, so that it is told
 * once whatever dies. Only a main session is ever told, of runs of other sessions: two that wait for each other there are not.
 */
import { systemEventLimits } from '../../shared/limits.js';
import type { RunEnd, RunRecord } from '../../shared/store/records.js';
import type { Change } from '../store/store.js';
import type { Sessions } from './sessions.js';
import { withSystemEvent } from './system-events.js';

/** Calls `commit` with what is to be committed besides. */
export function reported(
  sessions: Sessions,
  { report, sessionKey }: RunRecord,
  end: RunEnd,
  commit: (report: readonly Change[]) => Promise<void>,
): Promise<void> {
  // The session itself has seen it.
  if (!report || report.to === sessionKey) return commit([]);
  const { to: key, name } = report;
  return sessions.exclusive(key, async () => {
    const at = end.endedAt;
    const entry = withSystemEvent(await sessions.getOrNew(key, at), { text: summaryOf(name, end), at });
    await commit([{ type: 'session', key, entry }]);
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
