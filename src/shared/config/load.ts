/**
 * From the text of a config file to a complete, immutable config, or to a list of what is wrong with it.
 * Precedence of a value: flag, environment, file, default (config.md §9). Used by the gateway and the CLI.
 */
import type { Environment } from '../paths.js';
import type { AgentProfiles, AuthProfileConfig } from './auth-schema.js';
import type { Problem } from '../schema.js';
import type { ThinkingLevel } from '../thinking.js';
import { agentsOf } from './agents.js';
import { checkTree, type Structured } from './check.js';
import { completeScalars, environmentWarnings, type ConfigFlags } from './complete.js';
import { effectiveEnvironment } from './environment/effective.js';
import type { AskLoginShell } from './environment/login-shell.js';
import type { ChannelsConfig } from './channels-schema.js';
import { heartbeatOf, type HeartbeatConfig } from './heartbeat-schema.js';
import type { HookMapping } from './hook-mappings.js';
import type { McpServerConfig } from './mcp-schema.js';
import type { Binding, MessagingConfig } from './messaging-schema.js';
import { formatPath } from './path.js';
import { type QueueMode } from './queue-schema.js';
import { fileAt, valueOf } from './read/node.js';
import { fileNote, parseSource, readSource, type ConfigIssue, type ConfigSource } from './read/source.js';
import { reloadSettingsOf, type ReloadSettings } from './reload/settings.js';
import type { ConfigTree } from './schema.js';
import type {
  AgentConfig,
  MemoryConfig,
  ModelChoice,
  ModelParams,
  ProviderConfig,
  ResetOverride,
  ToolsByProvider,
} from './structures.js';
import { findRefs, withValues, type PlacedRef } from '../secrets/config-refs.js';
import type { SecretsConfig } from './secrets-schema.js';
import { structures } from './structures.js';
import { substituteEnvironment } from './substitute.js';
import { effectWarnings } from './upcoming.js';

export interface GatewayConfig extends ConfigTree {
  readonly gateway: ConfigTree['gateway'] & {
    readonly reload: ReloadSettings;
  };
  readonly agents: ConfigTree['agents'] & {
    readonly defaults: {
      readonly model: ModelChoice | null;
      readonly models: ReadonlyMap<string, ModelParams>;
      readonly heartbeat: HeartbeatConfig;
      readonly thinkingDefault: ThinkingLevel | null;
    };
    readonly list: readonly AgentConfig[];
  };
  readonly auth: ConfigTree['auth'] & {
    readonly profiles: ReadonlyMap<string, AuthProfileConfig>;
    /** Ids of profiles by provider: these and no others, in this order. */
    readonly order: ReadonlyMap<string, readonly string[]>;
    /** Profiles that agents have in files of their own; none before secrets have been resolved. */
    readonly agentProfiles: AgentProfiles;
  };
  readonly bindings: readonly Binding[];
  readonly channels: ChannelsConfig;
  readonly commands: ConfigTree['commands'] & { readonly ownerAllowFrom: MessagingConfig['ownerAllowFrom'] };
  readonly memory: MemoryConfig;
  readonly messages: ConfigTree['messages'] & {
    readonly inbound: MessagingConfig['inbound'];
    readonly queue: ConfigTree['messages']['queue'] & {
      /** Instead of `mode`, by the channel that a session belongs to. */
      readonly byChannel: ReadonlyMap<string, QueueMode>;
    };
  };
  readonly mcp: { readonly servers: ReadonlyMap<string, McpServerConfig> };
  readonly models: { readonly providers: ReadonlyMap<string, ProviderConfig> };
  readonly session: ConfigTree['session'] & {
    readonly identityLinks: MessagingConfig['identityLinks'];
    readonly sendPolicy: MessagingConfig['sendPolicy'];
    readonly typingMode: MessagingConfig['typingMode'];
    readonly resetByType: Readonly<Partial<Record<SessionType, ResetOverride>>>;
    readonly resetByChannel: ReadonlyMap<string, ResetOverride>;
  };
  readonly secrets: SecretsConfig;
  readonly tools: ConfigTree['tools'] & { readonly byProvider: ToolsByProvider };
  readonly hooks: ConfigTree['hooks'] & { readonly mappings: readonly HookMapping[] };
}

/** Kinds of sessions that may be reset at times of their own. */
export type SessionType = 'direct' | 'group' | 'thread';

export type { ConfigFlags };

export interface LoadedConfig {
  readonly ok: true;
  readonly exists: boolean;
  /** Where it has a SecretRef, nothing is set: see `withSecrets`. */
  readonly config: GatewayConfig;
  readonly refs: readonly PlacedRef[];
  /** As `resolved`, without the refs. */
  readonly document: unknown;
  /** sha256 of the file's text; of nothing when there is no file. */
  readonly hash: string;
  /** What is no reason not to start. */
  readonly warnings: readonly Problem[];
  /** What the config's own `env` and a login shell add to the environment it was read with (config.md §4.1). */
  readonly env: Environment;
  /** What of it a login shell gave. */
  readonly imported: Environment;
  readonly source: ConfigSource;
  /** As in the files, with `${NAME}` replaced but in refs, and without defaults. */
  readonly resolved: unknown;
  /** Strings that name variables, as they are written, by their path. */
  readonly written: ReadonlyMap<string, string>;
}

export interface InvalidConfig {
  readonly ok: false;
  readonly exists: true;
  /** What is wrong, by dot path (config.md §5). */
  readonly issues: readonly ConfigIssue[];
  readonly source: ConfigSource;
}

export interface LoadOptions {
  readonly path: string;
  readonly env: Environment;
  readonly flags?: ConfigFlags;
  /** Instead of the user's own shell. */
  readonly askLoginShell?: AskLoginShell;
}

/** Reads and checks the config file; a missing file is an empty config (config.md §2). */
export function loadConfig(options: LoadOptions): LoadedConfig | InvalidConfig {
  return loadSource(readSource(options), options);
}

export function parseConfig(text: string | undefined, options: LoadOptions): LoadedConfig | InvalidConfig {
  return loadSource(parseSource(text, options), options);
}

export function loadSource(source: ConfigSource, options: LoadOptions): LoadedConfig | InvalidConfig {
  if (source.issues.length > 0) return { ok: false, exists: true, issues: source.issues, source };
  const { env, imported, warnings } = effectiveEnvironment(source.root, options.env, options.askLoginShell);
  const { refs, problems } = findRefs(valueOf(source.root));
  const substituted = substituteEnvironment(source.root, env, new Set(refs.map(({ path }) => path)));
  const document = withValues(substituted.value, refs, () => undefined);
  // A place is checked as if its value were known; what the config holds is nothing, until it is.
  const known = checkTree(withValues(substituted.value, refs, ({ target }) => target.standIn));
  const wrong = new Set(problems.map(({ at }) => formatPath(at)));
  // What is no good ref is no good value either: the first says it better.
  const values = known.problems.filter(({ at }) => !wrong.has(formatPath(at)));
  const issues: ConfigIssue[] = [...problems, ...values].map(({ at, message }) => ({
    path: formatPath(at),
    message,
    ...fileNote(fileAt(source.root, at), source.path),
  }));
  const checked = checkTree(document);
  const scalars = completeScalars(checked, env, options.flags ?? {}, issues);
  if (!scalars || issues.length > 0) return { ok: false, exists: true, issues, source };
  return {
    ok: true,
    exists: source.exists,
    config: assemble(scalars, checked.structured),
    refs,
    document,
    hash: source.hash,
    warnings: [
      ...environmentWarnings(env),
      ...warnings,
      ...substituted.warnings,
      ...effectWarnings(checked.structured, scalars.messages.ackReaction),
    ],
    env,
    imported,
    source,
    resolved: substituted.value,
    written: substituted.written,
  };
}

function assemble(scalars: ConfigTree, structured: Structured): GatewayConfig {
  const providers = (structured['models.providers'] ?? {}) as Record<string, ProviderConfig>;
  const resetByChannel = (structured['session.resetByChannel'] ?? {}) as Record<string, ResetOverride>;
  const profiles = (structured['auth.profiles'] ?? {}) as Record<string, AuthProfileConfig>;
  const order = (structured['auth.order'] ?? {}) as Record<string, readonly string[]>;
  const allowed = (structured['agents.defaults.models'] ?? {}) as Record<string, ModelParams>;
  const byChannel = (structured['messages.queue.byChannel'] ?? {}) as Record<string, QueueMode>;
  const servers = (structured['mcp.servers'] ?? {}) as Record<string, McpServerConfig>;
  return {
    ...scalars,
    gateway: {
      ...scalars.gateway,
      reload: reloadSettingsOf(structured['gateway.reload']),
    },
    agents: {
      defaults: {
        ...scalars.agents.defaults,
        model: structured['agents.defaults.model'] ?? null,
        models: new Map(Object.entries(allowed)),
        heartbeat: heartbeatOf(structured['agents.defaults.heartbeat']),
        thinkingDefault: (structured['agents.defaults.thinkingDefault'] ?? null) as ThinkingLevel | null,
      },
      list: agentsOf(structured),
    },
    auth: {
      ...scalars.auth,
      profiles: new Map(Object.entries(profiles)),
      order: new Map(Object.entries(order)),
      agentProfiles: new Map(),
    },
    bindings: (structured.bindings ?? []) as readonly Binding[],
    channels: structured.channels ?? {},
    commands: {
      ...scalars.commands,
      ownerAllowFrom: (structured['commands.ownerAllowFrom'] ?? []) as MessagingConfig['ownerAllowFrom'],
    },
    memory: structured.memory ?? {},
    messages: {
      ...scalars.messages,
      inbound: structured['messages.inbound'] ?? {},
      queue: { ...scalars.messages.queue, byChannel: new Map(Object.entries(byChannel)) },
    },
    mcp: { servers: new Map(Object.entries(servers)) },
    models: { providers: new Map(Object.entries(providers)) },
    session: {
      ...scalars.session,
      identityLinks: (structured['session.identityLinks'] ?? {}) as MessagingConfig['identityLinks'],
      sendPolicy: structured['session.sendPolicy'] ?? {},
      typingMode: (structured['session.typingMode'] ?? 'instant') as MessagingConfig['typingMode'],
      resetByType: structured['session.resetByType'] ?? {},
      resetByChannel: new Map(Object.entries(resetByChannel)),
    },
    secrets: secretsOf(structured.secrets),
    tools: { ...scalars.tools, byProvider: (structured['tools.byProvider'] ?? {}) as ToolsByProvider },
    hooks: { ...scalars.hooks, mappings: (structured['hooks.mappings'] ?? []) as HookMapping[] },
  };
}

/** With its defaults; it has been checked. */
function secretsOf(value: unknown): SecretsConfig {
  const parsed = structures.secrets.parse(value ?? {});
  if (!parsed.ok) throw new Error('the config section secrets was not checked');
  return parsed.value;
}
