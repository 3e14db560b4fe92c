/**
 * What each method takes (methods.md). These schemas are apart from the methods because the thread for large
 * frames needs nothing else of them. What a schema describes is what reaches the method, so it must be bounded.
 */
import * as v from 'valibot';
import { requestLimits, usageLimits } from '../../../shared/limits.js';
import { historyPageLimits, runLimits } from '../../../shared/session-limits.js';
import { logTailLimits } from '../../../shared/log/limits.js';
import { about, compile, list } from '../../../shared/schema.js';
import { attachments } from './attachments.js';
import { channelParams } from './channel-params.js';
import { withProvenance } from './chat-send-params.js';
import { configParams } from './config-params.js';
import { cronParams } from './cron-params.js';
import { execApprovalParams } from './exec-approval-params.js';
import { said } from './message-text.js';
import { nodeParams } from './node-params.js';
import {
  agentId,
  ignoredBy,
  key,
  label,
  longText,
  message,
  milliseconds,
  name,
  none,
  optional,
  queueMode,
  reading,
  runKey,
  text,
  thinking,
  turnTimeout,
  whole,
  type ParamsCheck,
} from './param-types.js';
import { restartParams } from './restart-params.js';
import { secretParams } from './secret-params.js';
import { toolParams } from './tool-params.js';
import { sessionParams } from './session-params.js';

const noEffect = 'No effect yet.';

const system = {
  health: compile(v.object({ probe: optional(about('Collect it anew.', v.boolean())) })),
  status: compile(
    v.strictObject({
      includeChannelSummary: optional(
        about('false: without `channelSummary` and `linkChannel`.', v.boolean()),
      ),
    }),
  ),
  'system-presence': none,
  'system-event': compile(
    v.object({
      // Missing and blank text has an error of its own.
      text: optional(about('Required, not blank.', longText(1_000_000))),
      sessionKey: optional(about("Default: the default agent's main session.", key)),
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
  'set-heartbeats': compile(v.object({ enabled: optional(about('Required: true or false.', v.unknown())) })),
  wake: compile(
    v.object({
      mode: v.picklist(['now', 'next-heartbeat']),
      text: longText(1_000_000),
      sessionKey: optional(about("Default: the agent's main session.", key)),
      agentId,
    }),
  ),
  'gateway.identity.get': none,
};

const catalog = {
  'models.list': compile(
    v.object({
      view: optional(v.picklist(['default', 'configured', 'all', 'provider-config']), 'default'),
      provider: optional(name),
    }),
  ),
  'commands.list': compile(
    v.strictObject({
      agentId: optional(about(noEffect, name)),
      provider: optional(about(noEffect, name)),
      scope: optional(about(noEffect, v.picklist(['text', 'native', 'both']))),
      includeArgs: optional(about(noEffect, v.boolean())),
      ...ignoredBy('sessionKey'),
    }),
  ),
  'skills.status': compile(
    v.strictObject({ agentId: optional(about(noEffect, name)), ...ignoredBy('sessionKey') }),
  ),
  'usage.status': none,
  'usage.cost': compile(
    v.strictObject({
      days: optional(
        about(`The days before the end; at most ${usageLimits.days}.`, whole(1)),
        usageLimits.defaultDays,
      ),
      startDate: optional(about('YYYY-MM-DD, in UTC; instead of `days`.', text(10))),
      endDate: optional(about('YYYY-MM-DD, in UTC. Default: today.', text(10))),
      agentId: optional(about('Runs of this agent only.', name)),
      agentScope: optional(about('Of all agents, as without it.', v.literal('all'))),
      ...ignoredBy('mode', 'utcOffset'),
    }),
  ),
};

const { defaults: tail, most } = logTailLimits;

const logs = {
  'logs.tail': compile(
    v.strictObject({
      cursor: optional(about('Of an earlier answer. Default: the end of the file.', whole(0))),
      limit: optional(about('Lines.', whole(1, most.lines)), tail.lines),
      maxBytes: optional(about('Of the file, that are read.', whole(1, most.bytes)), tail.bytes),
    }),
  ),
};

const byRequest = compile(v.strictObject({ requestId: name }));

const devices = {
  'device.pair.list': none,
  'device.pair.approve': byRequest,
  'device.pair.reject': byRequest,
  'device.pair.remove': compile(v.strictObject({ deviceId: name })),
  'device.pair.rename': compile(v.strictObject({ deviceId: name, label: about('Not blank.', label(64)) })),
  'device.token.rotate': compile(
    v.strictObject({
      deviceId: name,
      role: name,
      scopes: optional(about('Default: those that are approved.', list(name, requestLimits.scopes))),
    }),
  ),
  'device.token.revoke': compile(v.strictObject({ deviceId: name, role: name })),
};

const { defaults: page } = historyPageLimits;

const historyFields = {
  sessionId: optional(about(noEffect, name)),
  messageId: optional(about(noEffect, name)),
  cursor: optional(about(noEffect, text(1_024))),
  agentId,
  limit: optional(whole(1, 1_000), page.limit),
  offset: optional(about('Messages to leave out, from the newest.', whole(0)), page.offset),
  maxChars: optional(about('Of one text; longer ones are cut.', whole(1, 500_000)), page.maxChars),
  maxBytes: optional(about('Of all; the oldest give way.', whole(1_024)), page.maxBytes),
  // What a client may look for among the rows: every row says which run it belongs to.
  ...ignoredBy('inputRunIds', 'pendingBefore'),
};

const flag = optional(about(noEffect, v.boolean()));
const url = text(8_192);

const channels = {
  send: reading(
    compile(
      v.strictObject({
        to: about(
          'The conversation, by its id in the network: a direct chat, or with `group:` or `channel:` before it another. With `webchat` the key of a session, where `sessionKey` is missing.',
          text(512),
        ),
        message: optional(said),
        mediaUrl: optional(about('A file; where the network takes none, a line of the message.', url)),
        mediaUrls: optional(about('The same.', list(url, 64))),
        channel: optional(
          about('A chat network, or `webchat`. Default: the only network that there is.', longText(64)),
        ),
        accountId: optional(about("Default: the network's default account.", name)),
        agentId: optional(name),
        threadId: optional(about('A thread or topic of the conversation.', name)),
        replyToId: optional(about('The message that it answers.', name)),
        sessionKey: optional(about('The session whose transcript shows it, too.', key)),
        idempotencyKey: about('A repeat with the same one sends nothing.', name),
        gifPlayback: flag,
        silent: flag,
        forceDocument: flag,
        asVoice: flag,
        buffer: optional(about('Refused unless empty.', v.string())),
        filename: optional(about(noEffect, name)),
        contentType: optional(about(noEffect, name)),
        parseMode: optional(about(noEffect, name)),
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
      idempotencyKey: runKey,
      agentId: optional(about("Default: the session's agent, or the default one.", name)),
      sessionKey: optional(about("Default: the agent's main session.", key)),
      sessionId: optional(about('Without `sessionKey`: the session that has this id.', name)),
      deliver: optional(
        about('Its answer goes to a chat network, too; refused where there is none to go to.', v.boolean()),
      ),
      bestEffortDeliver: optional(about('With `deliver`: not refused.', v.boolean())),
      provider: optional(about('Of `model`; for admins.', name)),
      model: optional(about('For this run only; for admins.', name)),
      thinking,
      attachments,
      timeout: optional(about('Seconds; 0: no limit. Default: `agents.defaults.timeoutSeconds`.', whole(0))),
      lane: optional(about('Where the run takes its place. Default: `main`.', name)),
      extraSystemPrompt: optional(about('The system prompt of this turn.', longText(1_000_000))),
      cwd: optional(about(noEffect, longText(4_096))),
      label: optional(about(noEffect, text(512))),
      to: optional(about('With `channel`: the conversation, as of `send`.', text(512))),
      channel: optional(
        about("With `deliver`: the network; default is where the session's last message came from.", name),
      ),
      accountId: optional(about("Default: the network's default account.", name)),
      threadId: optional(about('A thread or topic of the conversation.', name)),
      groupId: optional(about(noEffect, name)),
      groupChannel: optional(about(noEffect, name)),
      groupSpace: optional(about(noEffect, name)),
      replyTo: optional(about('The same as `to`, before it.', text(512))),
      replyChannel: optional(about('The same as `channel`, before it.', name)),
      replyAccountId: optional(about('The same as `accountId`, before it.', name)),
      inputProvenance: optional(
        about(
          noEffect,
          v.object({ kind: v.picklist(['external_user', 'inter_session', 'internal_system']) }),
        ),
      ),
      ...ignoredBy('promptMode', 'bootstrapContextMode', 'bootstrapContextRunKind', 'acpTurnSource'),
      ...ignoredBy('voiceWakeTrigger', 'modelRun', 'internalEvents', 'internalRuntimeHandoffId', 'spawnedBy'),
      ...ignoredBy('cleanupBundleMcpOnRunEnd', 'suppressPromptPersistence', 'sourceReplyDeliveryMode'),
      ...ignoredBy(
        'disableMessageTool',
        'execApprovalFollowupExpectedSessionId',
        'expectedExistingSessionId',
      ),
      ...ignoredBy('internalExecutionIdentityRetry', 'internalExecutionIdentityRecoveryAttempt'),
      ...ignoredBy('sessionEffects', 'swarmCollector', 'swarmOutputSchema', 'forceRestartSafeTools'),
      ...ignoredBy('forceCodeModeTools'),
    }),
  ),
  'agent.wait': compile(
    v.strictObject({ runId: name, timeoutMs: optional(milliseconds, runLimits.waitDefaultMs) }),
  ),
  'agents.list': none,
  'agent.identity.get': compile(v.strictObject({ agentId: optional(name), sessionKey: optional(key) })),
  'chat.send': withProvenance(
    compile(
      v.strictObject({
        sessionKey: key,
        message: said,
        idempotencyKey: runKey,
        agentId,
        sessionId: optional(about('Refused when the session has another one by now.', name)),
        thinking,
        fastMode: optional(about(noEffect, v.union([v.boolean(), v.literal('auto')]))),
        queueMode,
        deliver: optional(
          about("Its answer also goes where the session's last message came from, if anywhere.", v.boolean()),
        ),
        attachments,
        timeoutMs: turnTimeout,
        ...ignoredBy('replyToId', 'mentions', 'workContext', 'intent', 'toolBindings', 'fastAutoOnSeconds'),
      }),
    ),
  ),
  'chat.abort': compile(
    v.strictObject({
      sessionKey: key,
      agentId,
      runId: optional(about('Default: all of the session.', name)),
      preserveSideRuns: optional(about(noEffect, v.boolean())),
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
      label: optional(about('Stands before the message, in brackets.', text(100))),
      agentId,
    }),
  ),
};

export const methodParams = {
  ...system,
  ...catalog,
  ...logs,
  ...devices,
  ...nodeParams,
  ...execApprovalParams,
  ...toolParams,
  ...secretParams,
  ...channels,
  ...channelParams,
  ...configParams,
  ...cronParams,
  ...restartParams,
  ...runs,
  ...sessionParams,
} satisfies Record<string, ParamsCheck<unknown>>;

export type MethodName = keyof typeof methodParams;
export type ParamsOf<N extends MethodName> =
  (typeof methodParams)[N] extends ParamsCheck<infer Params> ? Params : never;
