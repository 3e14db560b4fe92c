/**
 * From the text of a config file to a complete, immutable config, or to a list of what is wrong with it.
 * Precedence of a value: flag, environment, file, default (config.md §9). Used by the gateway and the CLI.
 */
import convict from 'convict';
import JSON5 from 'json5';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Environment } from '../paths.js';
import type { Problem } from '../schema.js';
import { errorCode, toError } from '../to-error.js';
import type { AuthProfileConfig } from './auth-schema.js';
import type { HookMapping } from './hook-mappings.js';
import type { McpServerConfig } from './mcp-schema.js';
import { type QueueMode } from './queue-schema.js';
import { configSchema, type ConfigTree } from './schema.js';
import {
  structures,
  type AgentConfig,
  type MemoryConfig,
  type ModelChoice,
  type ModelParams,
  type ProviderConfig,
  type ResetOverride,
  type StructurePath,
  type ToolsByProvider,
} from './structures.js';
import { substituteEnvironment } from './substitute.js';

export interface GatewayConfig extends ConfigTree {
  readonly agents: ConfigTree['agents'] & {
    readonly defaults: {
      readonly model: ModelChoice | null;
      readonly models: ReadonlyMap<string, ModelParams>;
    };
    readonly list: readonly AgentConfig[];
  };
  readonly auth: ConfigTree['auth'] & {
    readonly profiles: ReadonlyMap<string, AuthProfileConfig>;
    /** Ids of profiles by provider: these and no others, in this order. */
    readonly order: ReadonlyMap<string, readonly string[]>;
  };
  readonly memory: MemoryConfig;
  readonly messages: {
    readonly queue: ConfigTree['messages']['queue'] & {
      /** Instead of `mode`, by the channel that a session belongs to. */
      readonly byChannel: ReadonlyMap<string, QueueMode>;
    };
  };
  readonly mcp: { readonly servers: ReadonlyMap<string, McpServerConfig> };
  readonly models: { readonly providers: ReadonlyMap<string, ProviderConfig> };
  readonly session: ConfigTree['session'] & {
    readonly resetByType: Readonly<Partial<Record<SessionType, ResetOverride>>>;
    readonly resetByChannel: ReadonlyMap<string, ResetOverride>;
  };
  readonly tools: ConfigTree['tools'] & { readonly byProvider: ToolsByProvider };
  readonly hooks: ConfigTree['hooks'] & { readonly mappings: readonly HookMapping[] };
}

/** Kinds of sessions that may be reset at times of their own. */
export type SessionType = 'direct' | 'group' | 'thread';

/** Command line values that override the file; absent means not given. */
export type ConfigFlags = Readonly<Partial<Record<'port' | 'bind' | 'auth' | 'log-level', string>>>;

export interface LoadedConfig {
  readonly ok: true;
  readonly exists: boolean;
  readonly config: GatewayConfig;
  /** sha256 of the file's text; of nothing when there is no file. */
  readonly hash: string;
  readonly warnings: readonly string[];
}

export interface InvalidConfig {
  readonly ok: false;
  readonly exists: true;
  /** What is wrong, by dot path (config.md §5). */
  readonly issues: readonly Problem[];
}

export interface LoadOptions {
  readonly path: string;
  readonly env: Environment;
  readonly flags?: ConfigFlags;
}

/** Reads and checks the config file; a missing file is an empty config (config.md §2). */
export function loadConfig(options: LoadOptions): LoadedConfig | InvalidConfig {
  let text: string | undefined;
  try {
    text = readFileSync(options.path, 'utf8');
  } catch (caught) {
    if (errorCode(caught) !== 'ENOENT') return invalid('', `cannot be read: ${toError(caught).message}`);
  }
  return parseConfig(text, options);
}

export function parseConfig(text: string | undefined, options: LoadOptions): LoadedConfig | InvalidConfig {
  let raw: unknown = {};
  if (text !== undefined) {
    try {
      raw = JSON5.parse(text);
    } catch (caught) {
      return invalid('', `not valid JSON5: ${toError(caught).message.replace('JSON5: ', '')}`);
    }
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
      return invalid('', 'must be an object');
  }
  const substituted = substituteEnvironment(raw, options.env);
  const tree = substituted.value as Record<string, unknown>;
  const issues: Problem[] = [];
  const structured = takeStructures(tree, issues);
  const scalars = checkScalars(tree, options, issues);
  if (!scalars || issues.length > 0) return { ok: false, exists: true, issues };
  return {
    ok: true,
    exists: text !== undefined,
    config: assemble(scalars, structured),
    hash: createHash('sha256')
      .update(text ?? '')
      .digest('hex'),
    warnings: substituted.warnings,
  };
}

function invalid(path: string, message: string): InvalidConfig {
  return { ok: false, exists: true, issues: [{ path, message }] };
}

type Structured = Partial<Record<StructurePath, unknown>>;

/** Cuts maps and lists out of the tree, checking each whole; what stays are scalars for convict. */
function takeStructures(tree: Record<string, unknown>, issues: Problem[]): Structured {
  const taken: Structured = {};
  for (const [path, check] of Object.entries(structures)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    let parent: unknown = tree;
    for (const key of keys) parent = isRecord(parent) ? parent[key] : undefined;
    if (!isRecord(parent) || !(last in parent)) continue;
    const value = parent[last];
    delete parent[last];
    for (const problem of check.problems(value)) {
      issues.push({ path: path + dotted(problem.path), message: problem.message });
    }
    taken[path as StructurePath] = value;
  }
  for (const part of ['mcp', 'models'])
    if (isRecord(tree[part]) && Object.keys(tree[part]).length === 0) delete tree[part];
  return taken;
}

/** The file's own values must be right even where a flag or the environment overrides them. */
function checkScalars(tree: object, options: LoadOptions, issues: Problem[]): ConfigTree | undefined {
  const alone = evaluate(tree, { env: {}, args: [] });
  const overridden = evaluate(tree, {
    env: usableEnvironment(options.env),
    args: asArguments(options.flags ?? {}),
  });
  issues.push(...uniqueByPath([...alone.problems, ...overridden.problems]));
  return overridden.values;
}

/** Exactly one of the two: no values when there are problems. */
interface Evaluation {
  readonly values: ConfigTree | undefined;
  readonly problems: readonly Problem[];
}

function evaluate(tree: object, overrides: convict.Options): Evaluation {
  try {
    const config = convict(configSchema, overrides);
    config.load(tree);
    config.validate({ allowed: 'strict' });
    return { values: config.getProperties(), problems: [] };
  } catch (caught) {
    return { values: undefined, problems: convictProblems(toError(caught).message) };
  }
}

function uniqueByPath(problems: readonly Problem[]): Problem[] {
  return problems.filter(
    (problem, index) => problems.findIndex((other) => other.path === problem.path) === index,
  );
}

/**
 * Only what convict reads, and only what it can read: a bad port in the environment is ignored (config.md §9.1).
 * Numbers are passed as numbers, since convict converts text only for its own named formats.
 */
function usableEnvironment(env: Environment): NodeJS.ProcessEnv {
  const usable: Record<string, unknown> = {};
  const port = Number(env.PLLAN_GATEWAY_PORT?.match(/(?:^|:)(\d{1,5})$/)?.[1]);
  if (port >= 1 && port <= 65_535) usable.PLLAN_GATEWAY_PORT = port;
  const timeout = Number(env.PLLAN_HANDSHAKE_TIMEOUT_MS);
  if (Number.isInteger(timeout) && timeout >= 1 && timeout <= 600_000)
    usable.PLLAN_HANDSHAKE_TIMEOUT_MS = timeout;
  if (env.PLLAN_LOG_LEVEL) usable.PLLAN_LOG_LEVEL = env.PLLAN_LOG_LEVEL;
  return usable as NodeJS.ProcessEnv;
}

function asArguments(flags: ConfigFlags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
}

/** convict joins its findings into one text; each line names a path and what is wrong there. */
function convictProblems(message: string): Problem[] {
  return message.split('\n').map((line) => {
    const flattened = line.match(/^configuration param '([^.']+).*' missing from config/);
    if (flattened) return { path: flattened[1] as string, message: 'must be an object' };
    const undeclared = line.match(/^configuration param '(.+)' not declared in the schema$/);
    if (undeclared) return { path: undeclared[1] as string, message: 'unknown key' };
    const wrong = line.match(/^([$\w.]+): (.*?)(?:: value was .*)?$/);
    return wrong ? { path: wrong[1] as string, message: wrong[2] as string } : { path: '', message: line };
  });
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
    agents: {
      defaults: {
        ...scalars.agents.defaults,
        model: structured['agents.defaults.model'] ?? null,
        models: new Map(Object.entries(allowed)),
      },
      list: (structured['agents.list'] ?? []) as AgentConfig[],
    },
    auth: {
      ...scalars.auth,
      profiles: new Map(Object.entries(profiles)),
      order: new Map(Object.entries(order)),
    },
    memory: structured.memory ?? {},
    messages: { queue: { ...scalars.messages.queue, byChannel: new Map(Object.entries(byChannel)) } },
    mcp: { servers: new Map(Object.entries(servers)) },
    models: { providers: new Map(Object.entries(providers)) },
    session: {
      ...scalars.session,
      resetByType: structured['session.resetByType'] ?? {},
      resetByChannel: new Map(Object.entries(resetByChannel)),
    },
    tools: { ...scalars.tools, byProvider: (structured['tools.byProvider'] ?? {}) as ToolsByProvider },
    hooks: { ...scalars.hooks, mappings: (structured['hooks.mappings'] ?? []) as HookMapping[] },
  };
}

/** `/mock/models/0/id` → `.mock.models[0].id` */
function dotted(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
