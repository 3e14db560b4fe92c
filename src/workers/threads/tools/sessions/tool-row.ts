/** A session in the words of `sessions.list` (methods.md §4), as far as the store alone knows it. */
import { entryRow } from '../../../../shared/store/entry-row.js';
import type { SessionKey } from '../../../../shared/store/records.js';
import { agentOf, type KeyScheme } from '../../../../shared/store/session-keys.js';
import type { StoredSession } from './session-store.js';

export function toolRow(
  { key, entry }: StoredSession,
  busy: ReadonlySet<SessionKey>,
  scheme: KeyScheme,
): object {
  const hasActiveRun = busy.has(key);
  return Object.assign(entryRow(key, entry), {
    // Of the next run; else of the last one.
    modelProvider: entry.providerOverride ?? entry.modelProvider,
    model: entry.modelOverride ?? entry.model,
    contextTokens: entry.contextTokens,
    status: hasActiveRun ? 'running' : entry.status,
    hasActiveRun,
    agentId: agentOf(key, scheme),
  });
}
