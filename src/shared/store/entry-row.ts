/** What a session's entry alone says of it, as it is shown: most of the row of `sessions.list` (methods.md §4). */
import type { SessionEntry, SessionKey } from './records.js';
import { kindOf } from './session-keys.js';

/** Fields of an entry that a row shows as they are, when they are set. */
const shown = [
  'sessionId',
  'channel',
  'lastChannel',
  'lastTo',
  'chatType',
  'origin',
  'systemSent',
  'abortedLastRun',
  'verboseLevel',
  'reasoningLevel',
  'elevatedLevel',
  'fastMode',
  'sendPolicy',
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'totalTokensFresh',
  'responseUsage',
  'startedAt',
  'endedAt',
  'runtimeMs',
  'lastInteractionAt',
  'archived',
  'pinned',
  'unread',
  'icon',
  'color',
  'category',
  'statusNote',
  'spawnedBy',
  'parentSessionKey',
] as const;

/** A new object, to which more may be added: lists are made of many rows, and each copy of one costs. */
export function entryRow(key: SessionKey, entry: SessionEntry): Record<string, unknown> {
  const row: Record<string, unknown> = {
    key,
    kind: kindOf(key),
    updatedAt: entry.updatedAt,
    displayName: entry.displayName ?? nameIn(key),
    label: entry.label ?? null,
    thinkingLevel: entry.thinkingLevel ?? 'off',
  };
  for (const field of shown) if (entry[field] !== undefined) row[field] = entry[field];
  return row;
}

/** `agent:main:work` → `work`. */
function nameIn(key: SessionKey): string {
  return key.replace(/^agent:[^:]+:/, '');
}
