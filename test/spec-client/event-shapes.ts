/** What each event carries (see `shapes.ts` for how strictly that is meant). */
import * as v from 'valibot';
import { hex64, maybe, moment, natural, nullable, sessionKey, text, uuid } from './primitives.js';
import { CronEvent } from './calls/cron.js';
import { Block, Health, PendingDevice, Presence } from './shapes.js';

const message = v.looseObject({
  role: v.literal('assistant'),
  content: v.array(v.looseObject({ type: v.literal('text'), text: v.string() })),
  timestamp: moment,
});
const chatCommon = { runId: text, sessionKey, seq: natural, agentId: maybe(text) };
const ChatEvent = v.variant('state', [
  v.looseObject({
    ...chatCommon,
    state: v.literal('delta'),
    deltaText: v.string(),
    replace: maybe(v.literal(true)),
    message,
  }),
  v.looseObject({
    ...chatCommon,
    state: v.literal('final'),
    message: maybe(message),
    stopReason: maybe(text),
  }),
  v.looseObject({
    ...chatCommon,
    state: v.literal('aborted'),
    message: maybe(message),
    stopReason: maybe(v.picklist(['rpc', 'stop', 'timeout', 'restart'])),
  }),
  v.looseObject({
    ...chatCommon,
    state: v.literal('error'),
    errorMessage: text,
    errorKind: maybe(v.picklist(['refusal', 'timeout', 'rate_limit', 'context_length', 'unknown'])),
  }),
  v.looseObject({ ...chatCommon, state: v.literal('status'), phase: text }),
]);

const agentCommon = {
  runId: text,
  seq: natural,
  ts: moment,
  sessionKey: maybe(sessionKey),
  agentId: maybe(text),
};
const AgentEvent = v.variant('stream', [
  v.looseObject({
    ...agentCommon,
    stream: v.literal('lifecycle'),
    data: v.variant('phase', [
      v.looseObject({ phase: v.literal('start'), startedAt: moment }),
      v.looseObject({ phase: v.literal('end'), startedAt: maybe(moment), endedAt: moment }),
      v.looseObject({ phase: v.literal('error'), error: text, endedAt: moment }),
    ]),
  }),
  v.looseObject({
    ...agentCommon,
    stream: v.literal('assistant'),
    data: v.looseObject({ text: v.string(), delta: v.string() }),
  }),
  v.looseObject({
    ...agentCommon,
    stream: v.literal('compaction'),
    data: v.looseObject({ phase: v.picklist(['start', 'end']) }),
  }),
  v.looseObject({
    ...agentCommon,
    stream: v.literal('thinking'),
    data: v.looseObject({ text: v.string(), delta: v.string() }),
  }),
]);

const SessionsChanged = v.looseObject({
  sessionKey,
  ts: moment,
  reason: maybe(v.picklist(['create', 'send', 'patch', 'reset', 'new', 'delete', 'compact'])),
  phase: maybe(v.picklist(['start', 'end', 'error'])),
});
const SessionMessage = v.looseObject({
  sessionKey,
  sessionId: uuid,
  messageId: text,
  messageSeq: natural,
  message: v.looseObject({ role: text, content: v.array(Block), timestamp: moment }),
  ts: moment,
});

/** What each event carries; an advertised event that is not here is one that this client does not know. */
export const eventShapes: Readonly<Record<string, v.GenericSchema>> = {
  'connect.challenge': v.strictObject({ nonce: text, ts: moment }),
  agent: AgentEvent,
  chat: ChatEvent,
  presence: v.strictObject({ presence: Presence }),
  tick: v.strictObject({ ts: moment }),
  health: Health,
  'config.changed': v.looseObject({ path: text, hash: hex64, ts: moment }),
  'sessions.changed': SessionsChanged,
  'session.message': SessionMessage,
  'session.tool': v.looseObject({
    runId: text,
    sessionKey,
    stream: v.literal('tool'),
    data: v.looseObject({ phase: v.picklist(['start', 'update', 'result']), name: text, toolCallId: text }),
  }),
  heartbeat: v.looseObject({
    ts: moment,
    status: v.picklist(['sent', 'ok-empty', 'ok-token', 'skipped', 'failed']),
    reason: maybe(text),
    durationMs: maybe(natural),
    indicatorType: maybe(v.picklist(['ok', 'alert', 'error'])),
  }),
  cron: CronEvent,
  'exec.approval.requested': v.looseObject({
    id: text,
    request: v.looseObject({ command: text }),
    createdAtMs: moment,
    expiresAtMs: moment,
  }),
  'exec.approval.resolved': v.looseObject({
    id: text,
    decision: nullable(v.picklist(['allow-once', 'allow-always', 'deny'])),
    resolvedBy: maybe(text),
    ts: moment,
  }),
  'channel.pair.requested': v.looseObject({ channel: text, accountId: text, sender: text, code: text }),
  'channel.pair.resolved': v.looseObject({
    channel: text,
    accountId: text,
    sender: text,
    decision: v.picklist(['approved', 'rejected']),
  }),
  'device.pair.requested': PendingDevice,
  'device.pair.resolved': v.looseObject({
    requestId: text,
    deviceId: hex64,
    decision: v.picklist(['approved', 'rejected']),
    ts: moment,
  }),
  'node.pair.requested': v.looseObject({ requestId: text }),
  'node.pair.resolved': v.looseObject({ requestId: text, decision: text }),
  'node.invoke.request': v.looseObject({
    id: text,
    nodeId: text,
    command: text,
    paramsJSON: nullable(v.string()),
    timeoutMs: natural,
    idempotencyKey: maybe(text),
  }),
  shutdown: v.looseObject({ reason: text, restartExpectedMs: maybe(natural) }),
};
