/**
 * Shapes of results and events as the protocol describes them: what it names must be there with its type, what it calls
 * optional may be missing, and more may come unless a client would mind.
 */
import * as v from 'valibot';

import {
  base64url,
  hex64,
  maybe,
  moment,
  natural,
  nullable,
  sessionKey,
  text,
  texts,
  uuid,
} from './primitives.js';
import { ChannelBlock } from './channel-shapes.js';

export const PresenceEntry = v.strictObject({
  host: maybe(text),
  ip: maybe(text),
  version: maybe(text),
  platform: maybe(text),
  deviceFamily: maybe(text),
  modelIdentifier: maybe(text),
  mode: maybe(text),
  lastInputSeconds: maybe(v.number()),
  reason: maybe(text),
  tags: maybe(texts),
  text: maybe(v.string()),
  ts: moment,
  deviceId: maybe(text),
  roles: maybe(texts),
  scopes: maybe(texts),
  instanceId: maybe(text),
});
export const Presence = v.array(PresenceEntry);

const RecentSession = v.looseObject({ key: sessionKey, updatedAt: moment, age: natural });
const SessionCount = v.looseObject({ path: text, count: natural, recent: v.array(RecentSession) });

export const Health = v.looseObject({
  ok: v.literal(true),
  ts: moment,
  durationMs: v.number(),
  channels: v.record(v.string(), ChannelBlock),
  channelOrder: texts,
  channelLabels: v.record(v.string(), v.string()),
  heartbeatSeconds: natural,
  defaultAgentId: text,
  agents: v.pipe(
    v.array(v.looseObject({ agentId: text, isDefault: v.boolean(), sessions: SessionCount })),
    v.minLength(1),
  ),
  sessions: SessionCount,
  eventLoop: v.looseObject({
    degraded: v.boolean(),
    reasons: v.array(v.string()),
    intervalMs: v.number(),
    delayP99Ms: v.number(),
    delayMaxMs: v.number(),
    utilization: v.number(),
    cpuCoreRatio: v.number(),
  }),
  workers: v.strictObject({ configured: natural, ready: natural, degraded: v.boolean() }),
  degradedSecretOwners: v.array(v.unknown()),
});

export const Hello = v.looseObject({
  type: v.literal('hello-ok'),
  protocol: natural,
  server: v.looseObject({ version: text, connId: uuid, bootId: maybe(text), buildId: maybe(text) }),
  features: v.looseObject({ methods: v.pipe(texts, v.minLength(1)), events: v.pipe(texts, v.minLength(1)) }),
  snapshot: v.looseObject({
    presence: v.pipe(Presence, v.minLength(1)),
    health: v.union([Health, v.strictObject({})]),
    stateVersion: v.strictObject({ presence: natural, health: natural }),
    uptimeMs: natural,
    sessionDefaults: v.looseObject({
      defaultAgentId: text,
      mainKey: text,
      mainSessionKey: sessionKey,
      scope: v.picklist(['per-sender', 'global']),
    }),
    appliedConfigHash: maybe(text),
    configPath: text,
    stateDir: text,
    authMode: v.picklist(['none', 'token', 'password', 'trusted-proxy']),
  }),
  auth: v.looseObject({
    method: maybe(text),
    role: v.picklist(['operator', 'node']),
    scopes: v.array(text),
    deviceToken: maybe(base64url),
    issuedAtMs: maybe(moment),
  }),
  policy: v.looseObject({
    maxPayload: v.literal(26_214_400),
    maxBufferedBytes: v.literal(52_428_800),
    tickIntervalMs: v.literal(30_000),
    attachments: v.looseObject({ maxBytes: v.literal(20_971_520), maxImageBytes: v.literal(6_291_456) }),
  }),
});

export const Block = v.looseObject({ type: text });
export const Row = v.looseObject({
  role: v.picklist(['user', 'assistant', 'toolResult', 'system']),
  content: v.array(Block),
  timestamp: moment,
  __openclaw: v.looseObject({ id: text, seq: natural }),
});

const SessionDefaults = v.looseObject({
  modelProvider: nullable(text),
  model: nullable(text),
  contextTokens: nullable(natural),
});

export const SessionRow = v.looseObject({
  key: text,
  kind: v.picklist(['direct', 'group', 'global', 'unknown']),
  updatedAt: nullable(moment),
  label: maybe(nullable(v.string())),
  displayName: maybe(nullable(v.string())),
  sessionId: maybe(uuid),
  thinkingLevel: maybe(text),
  inputTokens: maybe(natural),
  outputTokens: maybe(natural),
  totalTokens: maybe(natural),
  contextTokens: maybe(nullable(natural)),
  modelProvider: maybe(text),
  model: maybe(text),
  hasActiveRun: maybe(v.boolean()),
  activeRunIds: maybe(texts),
  archived: maybe(v.boolean()),
  pinned: maybe(v.boolean()),
  abortedLastRun: maybe(v.boolean()),
  status: maybe(v.picklist(['running', 'done', 'failed', 'killed', 'timeout'])),
});

export const Status = v.looseObject({
  runtimeVersion: text,
  pid: natural,
  heartbeat: v.looseObject({ defaultAgentId: text, agents: v.array(v.looseObject({ agentId: text })) }),
  channelSummary: v.array(v.string()),
  queuedSystemEvents: v.array(v.unknown()),
  sessions: v.looseObject({
    paths: texts,
    count: natural,
    defaults: v.looseObject({ model: nullable(text), contextTokens: nullable(natural) }),
    recent: v.array(
      v.looseObject({ key: sessionKey, kind: text, sessionId: uuid, updatedAt: moment, age: natural }),
    ),
    byAgent: v.array(
      v.looseObject({ agentId: text, path: text, count: natural, recent: v.array(v.unknown()) }),
    ),
  }),
  degradedSecretOwners: v.array(v.unknown()),
});

export const Accepted = v.looseObject({
  runId: text,
  sessionKey,
  agentId: text,
  status: v.literal('accepted'),
  acceptedAt: moment,
});

export const Completed = v.looseObject({
  runId: text,
  status: v.literal('ok'),
  summary: v.literal('completed'),
  result: v.looseObject({
    payloads: v.pipe(v.array(v.looseObject({ text })), v.minLength(1)),
    meta: v.looseObject({
      durationMs: natural,
      agentMeta: v.looseObject({
        sessionId: uuid,
        provider: text,
        model: text,
        usage: v.looseObject({ input: natural, output: natural, total: natural }),
      }),
    }),
  }),
});

export const Waited = v.looseObject({
  runId: text,
  status: v.literal('ok'),
  startedAt: moment,
  endedAt: moment,
});

export const Identity = v.looseObject({
  agentId: text,
  name: maybe(text),
  avatar: maybe(text),
  emoji: maybe(text),
});

export const Agents = v.looseObject({
  defaultId: text,
  mainKey: text,
  scope: v.picklist(['per-sender', 'global']),
  agents: v.pipe(v.array(v.looseObject({ id: text, name: maybe(text) })), v.minLength(1)),
});

export const History = v.looseObject({
  sessionKey,
  sessionId: maybe(uuid),
  messages: v.array(Row),
  thinkingLevel: text,
  verboseLevel: text,
  defaults: SessionDefaults,
  sessionInfo: v.looseObject({ key: sessionKey, hasActiveRun: v.boolean(), activeRunIds: maybe(texts) }),
  hasMore: v.boolean(),
  totalMessages: natural,
  nextOffset: maybe(natural),
});

export const SessionList = v.looseObject({
  ts: moment,
  path: text,
  count: natural,
  totalCount: natural,
  limitApplied: natural,
  hasMore: v.boolean(),
  nextOffset: maybe(natural),
  defaults: SessionDefaults,
  sessions: v.array(SessionRow),
});

export const Previews = v.looseObject({
  ts: moment,
  previews: v.array(
    v.looseObject({
      key: text,
      status: v.picklist(['ok', 'empty', 'missing', 'error']),
      items: v.array(
        v.looseObject({
          role: v.picklist(['user', 'assistant', 'tool', 'system', 'other']),
          text: v.string(),
        }),
      ),
    }),
  ),
});

export const Entry = v.looseObject({ sessionId: uuid, updatedAt: moment });

export const Models = v.looseObject({
  models: v.pipe(
    v.array(
      v.looseObject({
        id: text,
        name: text,
        provider: text,
        alias: maybe(text),
        contextWindow: maybe(natural),
        reasoning: maybe(v.boolean()),
        input: maybe(texts),
        supportsTools: maybe(v.boolean()),
      }),
    ),
    v.minLength(1),
  ),
});

export const Commands = v.looseObject({
  commands: v.pipe(
    v.array(
      v.looseObject({
        name: text,
        textAliases: texts,
        description: text,
        source: text,
        scope: v.picklist(['text', 'native', 'both']),
        acceptsArgs: v.boolean(),
      }),
    ),
    v.minLength(1),
  ),
});

export const Skills = v.looseObject({
  workspaceDir: text,
  managedSkillsDir: text,
  skills: v.array(v.unknown()),
});

export const UsageStatus = v.looseObject({
  updatedAt: moment,
  providers: v.array(v.looseObject({ provider: text })),
});

const totals = {
  input: v.number(),
  output: v.number(),
  cacheRead: v.number(),
  cacheWrite: v.number(),
  totalTokens: v.number(),
  totalCost: v.number(),
  inputCost: v.number(),
  outputCost: v.number(),
  cacheReadCost: v.number(),
  cacheWriteCost: v.number(),
  missingCostEntries: v.number(),
};
export const UsageCost = v.looseObject({
  updatedAt: moment,
  days: natural,
  daily: v.array(v.looseObject({ date: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/)), ...totals })),
  totals: v.looseObject(totals),
});

export const LogTail = v.strictObject({
  file: v.pipe(v.string(), v.endsWith('.log')),
  cursor: natural,
  size: natural,
  lines: v.array(v.string()),
  truncated: v.boolean(),
  reset: v.boolean(),
  skippedBytes: maybe(natural),
});

export const GatewayIdentity = v.looseObject({ deviceId: hex64, publicKey: base64url });

export const PendingDevice = v.looseObject({ requestId: text, deviceId: hex64, publicKey: text, ts: moment });

const Token = v.strictObject({
  role: text,
  scopes: v.array(text),
  createdAtMs: moment,
  rotatedAtMs: maybe(moment),
  revokedAtMs: maybe(moment),
  lastUsedAtMs: maybe(moment),
});
export const PairedDevice = v.looseObject({
  deviceId: hex64,
  publicKey: text,
  roles: texts,
  scopes: v.array(text),
  approvedScopes: v.array(text),
  approvedVia: v.picklist(['owner', 'silent', 'trusted-cidr']),
  createdAtMs: moment,
  approvedAtMs: moment,
  tokens: v.array(Token),
});
export const DeviceList = v.looseObject({ pending: v.array(PendingDevice), paired: v.array(PairedDevice) });
export const Rotated = v.looseObject({
  deviceId: hex64,
  role: text,
  token: maybe(base64url),
  scopes: v.array(text),
  rotatedAtMs: moment,
});

export const NodeRow = v.looseObject({
  nodeId: text,
  displayName: maybe(text),
  platform: maybe(text),
  version: maybe(text),
  caps: v.array(v.string()),
  commands: v.array(v.string()),
  paired: v.boolean(),
  connected: v.boolean(),
  connectedAtMs: maybe(moment),
  lastSeenAtMs: maybe(moment),
});
