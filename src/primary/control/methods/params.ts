/**
 * What each method takes (methods.md). These schemas are apart from the methods because the thread for large
 * frames needs nothing else of them. What a schema describes is what reaches the method, so it must be bounded.
 */
import * as v from 'valibot';
import { requestLimits } from '../../../shared/limits.js';
import { compile, list } from '../../../shared/schema.js';
import { attachments } from './attachments.js';
import { withProvenance } from './chat-send-params.js';
import { nodeParams } from './node-params.js';
import {
  ignoredBy,
  key,
  longText,
  message,
  milliseconds,
  name,
  none,
  optional,
  queueMode,
  reading,
  text,
  thinking,
  whole,
  type ParamsCheck,
} from './param-types.js';
import { sessionParams } from './session-params.js';

const system = {
  health: compile(v.object({ probe: v.exactOptional(v.boolean()) })),
  status: compile(v.strictObject({ includeChannelSummary: v.exactOptional(v.boolean()) })),
  'system-presence': none,
  'system-event': compile(
    v.object({
      // Missing and blank text has an error of its own.
      text: optional(longText(1_000_000)),
      sessionKey: optional(key),
      deviceId: optional(name),
      instanceId: optional(name),
      host: optional(name),
      ip: optional(name),
      mode: optional(name),
      version: optional(name),
      platform: optional(name),
      deviceFamily: optional(name),
      modelIdentifier: optional(name),
      reason: optional(name),
      lastInputSeconds: optional(v.number()),
      roles: optional(list(name, requestLimits.scopes)),
      scopes: optional(list(name, requestLimits.scopes)),
      tags: optional(list(name, requestLimits.scopes)),
    }),
  ),
  'last-heartbeat': none,
  'gateway.identity.get': none,
};

const catalog = {
  'models.list': compile(
    v.object({
      view: optional(v.picklist(['default', 'configured', 'all', 'provider-config'])),
      provider: optional(name),
    }),
  ),
  'commands.list': compile(
    v.strictObject({
      agentId: optional(name),
      provider: optional(name),
      scope: optional(v.picklist(['text', 'native', 'both'])),
      includeArgs: optional(v.boolean()),
    }),
  ),
  'skills.status': compile(v.strictObject({ agentId: optional(name) })),
  'usage.status': none,
  'usage.cost': compile(
    v.strictObject({
      days: optional(whole(1)),
      startDate: optional(text(10)),
      endDate: optional(text(10)),
      agentId: optional(name),
      agentScope: optional(v.literal('all')),
      ...ignoredBy('mode', 'utcOffset'),
    }),
  ),
};

const byRequest = compile(v.strictObject({ requestId: name }));

const devices = {
  'device.pair.list': none,
  'device.pair.approve': byRequest,
  'device.pair.reject': byRequest,
  'device.pair.remove': compile(v.strictObject({ deviceId: name })),
  'device.pair.rename': compile(
    v.strictObject({ deviceId: name, label: v.pipe(v.string(), v.maxLength(64)) }),
  ),
  'device.token.rotate': compile(
    v.strictObject({ deviceId: name, role: name, scopes: v.exactOptional(list(name, requestLimits.scopes)) }),
  ),
  'device.token.revoke': compile(v.strictObject({ deviceId: name, role: name })),
};

const historyFields = {
  sessionId: optional(name),
  messageId: optional(name),
  cursor: optional(text(1_024)),
  agentId: optional(name),
  limit: optional(whole(1, 1_000)),
  offset: optional(whole(0)),
  maxChars: optional(whole(1, 500_000)),
  maxBytes: optional(whole(1_024)),
};

const flag = optional(v.boolean());
const url = text(8_192);

const channels = {
  send: reading(
    compile(
      v.strictObject({
        to: text(512),
        message: optional(message),
        mediaUrl: optional(url),
        mediaUrls: optional(list(url, 64)),
        channel: optional(longText(64)),
        accountId: optional(name),
        agentId: optional(name),
        threadId: optional(name),
        replyToId: optional(name),
        sessionKey: optional(key),
        idempotencyKey: name,
        gifPlayback: flag,
        silent: flag,
        forceDocument: flag,
        asVoice: flag,
        buffer: optional(v.string()),
        filename: optional(name),
        contentType: optional(name),
        parseMode: optional(name),
      }),
    ),
    // Nothing takes what it holds.
    ({ buffer = '', ...rest }) => ({ ok: true, value: { ...rest, hasBuffer: buffer !== '' } }),
  ),
};

const runs = {
  agent: compile(
    v.strictObject({
      message: v.pipe(message, v.minLength(1)),
      idempotencyKey: name,
      agentId: optional(name),
      sessionKey: optional(key),
      sessionId: optional(name),
      deliver: optional(v.boolean()),
      bestEffortDeliver: optional(v.boolean()),
      provider: optional(name),
      model: optional(name),
      thinking,
      attachments,
      timeout: optional(whole(0)),
      lane: optional(name),
      extraSystemPrompt: optional(longText(1_000_000)),
      cwd: optional(longText(4_096)),
      label: optional(text(512)),
      to: optional(text(512)),
      channel: optional(name),
      accountId: optional(name),
      threadId: optional(name),
      groupId: optional(name),
      groupChannel: optional(name),
      groupSpace: optional(name),
      replyTo: optional(text(512)),
      replyChannel: optional(name),
      replyAccountId: optional(name),
      inputProvenance: optional(
        v.object({ kind: v.picklist(['external_user', 'inter_session', 'internal_system']) }),
      ),
      ...ignoredBy('promptMode', 'bootstrapContextMode', 'bootstrapContextRunKind', 'acpTurnSource'),
      ...ignoredBy('voiceWakeTrigger', 'modelRun', 'internalEvents', 'internalRuntimeHandoffId', 'spawnedBy'),
      ...ignoredBy('cleanupBundleMcpOnRunEnd', 'suppressPromptPersistence', 'sourceReplyDeliveryMode'),
      ...ignoredBy('disableMessageTool', 'execApprovalFollowupExpectedSessionId'),
    }),
  ),
  'agent.wait': compile(v.strictObject({ runId: name, timeoutMs: optional(milliseconds) })),
  'agents.list': none,
  'agent.identity.get': compile(v.strictObject({ agentId: optional(name), sessionKey: optional(key) })),
  'chat.send': withProvenance(
    compile(
      v.strictObject({
        sessionKey: key,
        message,
        idempotencyKey: name,
        agentId: optional(name),
        sessionId: optional(name),
        thinking,
        fastMode: optional(v.union([v.boolean(), v.literal('auto')])),
        queueMode,
        deliver: optional(v.boolean()),
        attachments,
        timeoutMs: optional(milliseconds),
        ...ignoredBy('replyToId', 'mentions', 'workContext', 'intent', 'toolBindings', 'fastAutoOnSeconds'),
      }),
    ),
  ),
  'chat.abort': compile(
    v.strictObject({
      sessionKey: key,
      agentId: optional(name),
      runId: optional(name),
      preserveSideRuns: optional(v.boolean()),
    }),
  ),
  'chat.history': compile(v.strictObject({ sessionKey: key, ...historyFields })),
  'chat.startup': compile(
    v.strictObject({
      sessionKey: optional(key),
      shortId: optional(text(64)),
      slugHint: optional(text(512)),
      ...historyFields,
    }),
  ),
  'chat.metadata': compile(v.strictObject({ agentId: optional(name), sessionKey: optional(key) })),
  'chat.inject': compile(
    v.strictObject({
      sessionKey: key,
      message: v.pipe(message, v.minLength(1)),
      label: optional(text(100)),
      agentId: optional(name),
    }),
  ),
};

export const methodParams = {
  ...system,
  ...catalog,
  ...devices,
  ...nodeParams,
  ...channels,
  ...runs,
  ...sessionParams,
} satisfies Record<string, ParamsCheck<unknown>>;

export type MethodName = keyof typeof methodParams;
export type ParamsOf<N extends MethodName> =
  (typeof methodParams)[N] extends ParamsCheck<infer Params> ? Params : never;
