/** What the methods on sessions take (methods.md §4). */
import * as v from 'valibot';
import { compile, list } from '../../../shared/schema.js';
import { key, longText, name, optional, text, whole } from './param-types.js';

const flag = optional(v.boolean());
/** Sessions that one preview may be asked for; only the first 64 are looked at. */
const keys = v.pipe(list(key, 1_000), v.minLength(1));

/** Other filters exist in other programs: they are accepted without effect. */
const listFields = {
  limit: optional(whole(1)),
  offset: optional(whole(0)),
  activeMinutes: optional(whole(1)),
  includeGlobal: flag,
  includeUnknown: flag,
  includeDerivedTitles: flag,
  includeLastMessage: flag,
  agentId: optional(name),
  label: optional(text(512)),
  spawnedBy: optional(key),
  search: optional(longText(512)),
  archived: optional(v.union([v.boolean(), v.literal('all')])),
  sortBy: optional(v.picklist(['updatedAt', 'lastInteractionAt', 'activity'])),
  activeOnly: flag,
  excludeCron: flag,
  excludeSubagents: flag,
  pinned: flag,
};

export const sessionParams = {
  'sessions.list': compile(v.object(listFields)),
  'sessions.describe': compile(
    v.strictObject({ key, agentId: optional(name), includeDerivedTitles: flag, includeLastMessage: flag }),
  ),
  'sessions.preview': compile(
    v.strictObject({ keys, limit: optional(whole(1)), maxChars: optional(whole(20)) }),
  ),
  'sessions.resolve': compile(
    v.strictObject({
      key: optional(key),
      sessionId: optional(name),
      label: optional(text(512)),
      shortId: optional(text(64)),
      reference: optional(text(512)),
      slugHint: optional(text(512)),
      agentId: optional(name),
      spawnedBy: optional(key),
      includeGlobal: flag,
      includeUnknown: flag,
      allowMissing: flag,
    }),
  ),
  'sessions.get': compile(
    v.strictObject({
      key: optional(key),
      sessionKey: optional(key),
      agentId: optional(name),
      limit: optional(whole(1, 1_000)),
    }),
  ),
};
