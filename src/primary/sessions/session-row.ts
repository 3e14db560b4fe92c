/** A session as clients are shown it: the row of `sessions.list` and of events (methods.md §4). */
import type { RouteTable } from '../../shared/routes.js';
import { entryRow } from '../../shared/store/entry-row.js';
import type { SessionEntry } from '../../shared/store/records.js';
import type { SessionRow } from '../store/store.js';
import type { Runs } from './runs.js';
import { ownModel, sessionDefaults, type SessionDefaults } from './session-defaults.js';
import { agentOf } from '../../shared/store/session-keys.js';
import type { Sessions } from './sessions.js';
import { derivedTitle, lastMessage } from './transcript-text.js';

export interface RowSources {
  readonly sessions: Sessions;
  readonly runs: Runs;
  routes(): RouteTable;
}

export interface RowExtras {
  readonly includeDerivedTitles?: boolean;
  readonly includeLastMessage?: boolean;
}

export function sessionRow({ key, entry }: SessionRow, { sessions, runs, routes }: RowSources): object {
  const agentId = agentOf(key, sessions.scheme);
  const live = runs.liveOf(key);
  const hasActiveRun = live.length > 0;
  return Object.assign(entryRow(key, entry), modelOf(entry, routes(), agentId), {
    status: hasActiveRun ? 'running' : entry.status,
    hasActiveRun,
    ...(hasActiveRun ? { activeRunIds: live.map(({ record }) => record.runId) } : {}),
    agentId,
  });
}

/** The row and what its transcript says, as far as that is asked for. */
export async function fullSessionRow(
  row: SessionRow,
  extras: RowExtras,
  sources: RowSources,
): Promise<object> {
  const { transcripts } = sources.sessions.store;
  const { sessionId } = row.entry;
  return {
    ...sessionRow(row, sources),
    ...(extras.includeDerivedTitles === true
      ? { derivedTitle: row.entry.displayName ?? (await derivedTitle(transcripts, sessionId)) }
      : {}),
    ...(extras.includeLastMessage === true
      ? { lastMessagePreview: await lastMessage(transcripts, sessionId) }
      : {}),
  };
}

/** What the session's next run will use: its own choice, or its agent's. */
export function modelOf(entry: SessionEntry, routes: RouteTable, agentId: string): SessionDefaults {
  const { providerOverride, modelOverride } = entry;
  const chosen =
    providerOverride === undefined || modelOverride === undefined
      ? sessionDefaults(routes, agentId)
      : ownModel(providerOverride, modelOverride, routes);
  return { ...chosen, contextTokens: entry.contextTokens ?? chosen.contextTokens };
}
