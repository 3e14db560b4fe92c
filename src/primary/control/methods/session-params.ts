/** What the methods on sessions take (methods.md §4). */
import * as v from 'valibot';
import { historyPageLimits, sessionLimits } from '../../../shared/session-limits.js';
import { about, compile, list, map } from '../../../shared/schema.js';
import { attachments } from './attachments.js';
import { said } from './message-text.js';
import {
  agentId,
  ignoredBy,
  key,
  label,
  longText,
  name,
  none,
  optional,
  queueMode,
  runKey,
  text,
  thinking,
  turnTimeout,
  whole,
} from './param-types.js';

const flag = optional(v.boolean());
const expectedSessionId = optional(about('Refused when the session has another one by now.', name));
const keys = v.pipe(
  about(`Only the first ${sessionLimits.previewKeys} are looked at.`, list(key, 1_000)),
  v.minLength(1),
);

/** Other filters exist in other programs: they are accepted without effect. */
const listFields = {
  limit: optional(
    about(`Default ${sessionLimits.listDefault}, at most ${sessionLimits.listRows}.`, whole(1)),
  ),
  offset: optional(whole(0)),
  activeMinutes: optional(about('Updated within these minutes.', whole(1))),
  includeGlobal: optional(about('Default `true`.', v.boolean())),
  includeUnknown: flag,
  includeDerivedTitles: flag,
  includeLastMessage: flag,
  agentId,
  label: optional(text(512)),
  spawnedBy: optional(key),
  search: optional(longText(512)),
  archived: optional(
    about('Those that are, those that are not, or `all`.', v.union([v.boolean(), v.literal('all')])),
  ),
  sortBy: optional(v.picklist(['updatedAt', 'lastInteractionAt', 'activity'])),
  activeOnly: flag,
  excludeCron: flag,
  excludeSubagents: flag,
  pinned: flag,
};

/** A field of a patch; null clears it. What it may hold is the method's business: its errors have names. */
const field = optional(v.nullable(longText(512)));
const flagField = optional(v.nullable(v.boolean()));
const names = optional(v.nullable(list(name, 256)));

const patchFields = {
  label: optional(v.nullable(label(512))),
  model: field,
  thinkingLevel: field,
  verboseLevel: field,
  reasoningLevel: field,
  fastMode: optional(v.nullable(v.union([v.boolean(), text(64)]))),
  responseUsage: field,
  pinned: flagField,
  archived: flagField,
  unread: flagField,
  icon: field,
  color: field,
  category: field,
  queueMode: field,
  statusNote: field,
  boardFace: field,
  elevatedLevel: field,
  execHost: field,
  execSecurity: field,
  execAsk: field,
  execNode: field,
  sendPolicy: field,
  groupActivation: field,
  permissionMode: field,
  sandboxMode: field,
  traceLevel: field,
  toolOverrides: optional(v.nullable(map(name, v.union([v.boolean(), text(64)]), 256))),
  agentRuntime: field,
  inheritedToolAllow: names,
  inheritedToolDeny: names,
  completionOwnerSessionKey: field,
};

const messagesOf = { key, agentId };

export const sessionParams = {
  'sessions.subscribe': compile(v.object(listFields)),
  'sessions.unsubscribe': none,
  'sessions.messages.subscribe': compile(
    v.strictObject({ ...messagesOf, includeApprovals: optional(about('No effect yet.', v.boolean())) }),
  ),
  'sessions.messages.unsubscribe': compile(v.strictObject(messagesOf)),
  'sessions.list': compile(v.object(listFields)),
  'sessions.describe': compile(
    v.strictObject({ key, agentId, includeDerivedTitles: flag, includeLastMessage: flag }),
  ),
  'sessions.preview': compile(
    v.strictObject({
      keys,
      limit: optional(
        about(`At most ${sessionLimits.previewItems}.`, whole(1)),
        sessionLimits.previewDefaultItems,
      ),
      maxChars: optional(
        about(`At most ${sessionLimits.previewChars}.`, whole(20)),
        sessionLimits.previewDefaultChars,
      ),
    }),
  ),
  'sessions.resolve': compile(
    v.strictObject({
      key: optional(key),
      sessionId: optional(name),
      label: optional(text(512)),
      shortId: optional(text(64)),
      reference: optional(text(512)),
      slugHint: optional(text(512)),
      agentId,
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
      agentId,
      limit: optional(whole(1, 1_000), historyPageLimits.defaults.limit),
    }),
  ),
  'sessions.create': compile(
    v.object({
      key: optional(key),
      agentId,
      label: optional(v.nullable(label(512))),
      model: field,
      thinkingLevel: field,
      parentSessionKey: optional(about('Of a session that exists.', key)),
      message: optional(said),
      task: optional(about('As `message`.', said)),
      attachments,
      timeoutMs: turnTimeout,
      idempotencyKey: optional(runKey),
    }),
  ),
  'sessions.send': compile(
    v.strictObject({
      key,
      agentId,
      message: said,
      thinking,
      queueMode,
      attachments,
      timeoutMs: turnTimeout,
      idempotencyKey: optional(runKey),
      ...ignoredBy('mentions'),
    }),
  ),
  'sessions.abort': compile(
    v.strictObject({
      key: optional(key),
      runId: optional(name),
      agentId,
      clearQueued: optional(about('Also the runs that wait.', v.boolean())),
    }),
  ),
  'sessions.patch': compile(
    v.strictObject({
      key,
      agentId,
      expectedSessionId,
      ...patchFields,
      ...ignoredBy('expectedMarkedUnreadAt'),
    }),
  ),
  'sessions.reset': compile(
    v.strictObject({
      key,
      agentId,
      reason: optional(v.picklist(['new', 'reset']), 'reset'),
      expectedSessionId,
    }),
  ),
  'sessions.delete': compile(
    v.strictObject({
      key,
      agentId,
      deleteTranscript: optional(about('False: its lines stay without a name.', v.boolean()), true),
      expectedSessionId,
      archivedOnly: optional(about('Only if it is archived.', v.boolean()), false),
      ...ignoredBy('emitLifecycleHooks'),
    }),
  ),
  'sessions.compact': compile(
    v.strictObject({
      key,
      agentId,
      maxLines: optional(
        about(
          'Keep so many of its last lines. Default: a summary by the model, and the newest lines.',
          whole(1),
        ),
      ),
    }),
  ),
};
