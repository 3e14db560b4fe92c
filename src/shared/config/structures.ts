/**
 * The parts of the config that are maps and lists: convict cannot hold keys with dots
 * (`openai/gpt-4.1`) or arrays of objects, so each is checked whole by a schema (config.md §8).
 */
import * as v from 'valibot';
import { providerApis } from '../routes.js';
import { about, compile, type Check } from '../schema.js';
import { thinkingLevels } from '../thinking.js';
import { AuthOrder, AuthProfile } from './auth-schema.js';
import { Channels } from './channels-schema.js';
import { HookMappings } from './hook-mappings.js';
import { McpServers } from './mcp-schema.js';
import { messaging } from './messaging-schema.js';
import { queueModes } from './queue-schema.js';
import { Secrets } from './secrets-schema.js';
import { resetModes } from './session-schema.js';
import { toolProfileNames } from './tools-schema.js';
import { reloadSettings } from './reload/settings.js';
import { AgentHeartbeat, Heartbeat } from './heartbeat-schema.js';
import { Identity, stamps, unsupported, upcoming } from './upcoming.js';

const text = v.pipe(v.string(), v.minLength(1));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const anything = v.record(v.string(), v.unknown());
const flag = v.exactOptional(v.boolean());
const price = v.exactOptional(v.pipe(v.number(), v.minValue(0)));

const ModelChoice = v.union([
  text,
  v.strictObject({ primary: v.exactOptional(text), fallbacks: v.exactOptional(v.array(text)) }),
]);

const ModelEntry = v.strictObject({
  id: text,
  name: v.exactOptional(text),
  reasoning: v.exactOptional(v.boolean()),
  input: v.exactOptional(v.array(text)),
  contextWindow: v.exactOptional(positive),
  maxTokens: v.exactOptional(positive),
  /** USD per million tokens. */
  cost: v.exactOptional(v.strictObject({ input: price, output: price, cacheRead: price, cacheWrite: price })),
  /** Flags of other programs are accepted and do nothing. */
  compat: v.exactOptional(
    v.looseObject({
      maxTokensField: v.exactOptional(v.picklist(['max_tokens', 'max_completion_tokens'])),
      supportsUsageInStreaming: flag,
      supportsReasoningEffort: flag,
      supportsReasoningSummary: flag,
      supportsStrictMode: flag,
      supportsTools: flag,
      requiresStringContent: flag,
      thinkingFormat: v.exactOptional(v.string()),
      promptCaching: flag,
    }),
  ),
});

const baseUrl = v.pipe(
  v.string(),
  v.check((url) => /^https?:\/\//.test(url), 'must begin with http:// or https://'),
);

const Provider = v.strictObject({
  baseUrl: v.exactOptional(baseUrl),
  apiKey: v.exactOptional(text),
  api: v.exactOptional(v.picklist(providerApis)),
  /** How the key is sent where the API knows two ways: `x-api-key`, or a bearer token; `oauth` is the latter. */
  auth: v.exactOptional(v.picklist(['api-key', 'token', 'oauth'])),
  headers: v.exactOptional(v.record(v.string(), v.string())),
  authHeader: v.exactOptional(v.boolean()),
  models: v.exactOptional(v.array(ModelEntry)),
  /** Ours: deadlines of calls to this provider, in milliseconds. */
  timeouts: v.exactOptional(
    v.strictObject({
      connectMs: v.exactOptional(positive),
      firstByteMs: v.exactOptional(positive),
      idleMs: v.exactOptional(positive),
    }),
  ),
});

const toolLists = {
  profile: v.exactOptional(v.picklist(toolProfileNames)),
  allow: v.exactOptional(v.array(text)),
  deny: v.exactOptional(v.array(text)),
};
const ToolsByProvider = v.record(text, v.strictObject(toolLists));

/** More is accepted, and has no effect. */
const Memory = v.object({
  search: v.exactOptional(
    v.object({
      provider: v.exactOptional(text),
      model: v.exactOptional(text),
      remote: v.exactOptional(v.object({ baseUrl: v.exactOptional(baseUrl), apiKey: v.exactOptional(text) })),
    }),
  ),
});

const thinkingLevel = v.picklist(thinkingLevels);
const agentId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/));

const agentKeys = {
  default: v.exactOptional(v.boolean()),
  name: v.exactOptional(text),
  workspace: v.exactOptional(text),
  model: v.exactOptional(ModelChoice),
  memory: v.exactOptional(Memory),
  tools: v.exactOptional(v.strictObject({ ...toolLists, byProvider: v.exactOptional(ToolsByProvider) })),
  agentDir: v.exactOptional(about('No effect yet.', text)),
  identity: v.exactOptional(about('No effect yet.', Identity)),
  heartbeat: v.exactOptional(about('What differs from `agents.defaults.heartbeat`.', AgentHeartbeat)),
  thinkingDefault: v.exactOptional(about('Instead of `agents.defaults.thinkingDefault`.', thinkingLevel)),
};

const Agent = v.strictObject({ id: agentId, ...agentKeys });

/** What differs from `session.reset`. */
const Reset = v.strictObject({
  mode: v.exactOptional(v.picklist(resetModes)),
  atHour: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(23))),
  idleMinutes: v.exactOptional(positive),
});

export type ResetOverride = v.InferOutput<typeof Reset>;
export type ModelChoice = v.InferOutput<typeof ModelChoice>;
export type ModelEntry = v.InferOutput<typeof ModelEntry>;
export type ProviderConfig = v.InferOutput<typeof Provider>;
export type AgentConfig = v.InferOutput<typeof Agent>;
export type MemoryConfig = v.InferOutput<typeof Memory>;
export type ToolsByProvider = v.InferOutput<typeof ToolsByProvider>;
export type ModelParams = { readonly alias?: string; readonly params?: Readonly<Record<string, unknown>> };

/** `vars`, and names beside it, are variables (config.md §4.1). */
const Env = v.objectWithRest(
  {
    vars: v.exactOptional(v.record(text, v.string())),
    shellEnv: v.exactOptional(
      v.strictObject({
        enabled: v.exactOptional(v.boolean(), false),
        timeoutMs: v.exactOptional(v.pipe(positive, v.maxValue(600_000)), 15_000),
      }),
    ),
  },
  v.string(),
);

/** Each structured part by its config path. */
export const structures = {
  ...unsupported,
  ...stamps,
  ...upcoming,
  ...messaging,
  channels: Channels,
  'agents.entries': compile(v.record(agentId, v.strictObject(agentKeys))),
  'auth.profiles': compile(v.record(text, AuthProfile)),
  'auth.order': compile(v.record(text, AuthOrder)),
  'agents.defaults.model': compile(ModelChoice),
  'agents.defaults.models': compile(
    v.record(v.string(), v.strictObject({ alias: v.exactOptional(text), params: v.exactOptional(anything) })),
  ),
  'agents.defaults.heartbeat': compile(Heartbeat),
  'agents.defaults.thinkingDefault': compile(
    about('How much models with `reasoning` think in turns on sessions where nobody says it.', thinkingLevel),
  ),
  'agents.list': compile(v.array(Agent)),
  env: compile(Env),
  memory: compile(Memory),
  'mcp.servers': compile(McpServers),
  'messages.queue.byChannel': compile(v.record(text, v.picklist(queueModes))),
  secrets: compile(Secrets),
  'session.resetByType': compile(
    v.strictObject({
      direct: v.exactOptional(Reset),
      group: v.exactOptional(Reset),
      thread: v.exactOptional(Reset),
    }),
  ),
  'session.resetByChannel': compile(v.record(v.string(), Reset)),
  'models.providers': compile(v.record(v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)), Provider)),
  'tools.byProvider': compile(ToolsByProvider),
  'hooks.mappings': compile(HookMappings),
  'gateway.reload': reloadSettings,
} satisfies Record<string, Check<unknown>>;

export type StructurePath = keyof typeof structures;
