/** Scalars made complete by convict: flag before environment before file before default (config.md §9). */
import convict from 'convict';
import type { Environment } from '../paths.js';
import { toError } from '../to-error.js';
import type { Problem } from '../schema.js';
import type { CheckedTree } from './check.js';
import { logLevels } from './logging-schema.js';
import type { ConfigIssue } from './read/source.js';
import { configSchema, type ConfigTree } from './schema.js';

/** Command line values that override the file; absent means not given. */
export type ConfigFlags = Readonly<
  Partial<Record<'port' | 'bind' | 'auth' | 'tailscale' | 'log-level', string>>
>;

/** Undefined when flags or environment hold what is not right; why is added to `issues`. */
export function completeScalars(
  { scalars }: CheckedTree,
  env: Environment,
  flags: ConfigFlags,
  issues: ConfigIssue[],
): ConfigTree | undefined {
  try {
    const usable = usableEnvironment(env);
    const config = convict(configSchema, { env: usable, args: asArguments(flags) });
    config.load(scalars);
    config.validate({ allowed: 'strict' });
    const tree = config.getProperties();
    // A level that was named for this run is that of the console, too.
    const isNamed = (flags['log-level'] ?? usable.PLLAN_LOG_LEVEL) !== undefined;
    return isNamed ? { ...tree, logging: { ...tree.logging, consoleLevel: null } } : tree;
  } catch (caught) {
    const known = new Set(issues.map(({ path }) => path));
    issues.push(...convictProblems(toError(caught).message).filter(({ path }) => !known.has(path)));
    return undefined;
  }
}

/**
 * Only what convict reads, and only what it can read: what is no port or level in the environment is ignored (config.md §9.1).
 * Numbers are passed as numbers, since convict converts text only for its own named formats.
 */
function usableEnvironment(env: Environment): NodeJS.ProcessEnv {
  const usable: Record<string, unknown> = {};
  const port = Number(env.PLLAN_GATEWAY_PORT?.match(/(?:^|:)(\d{1,5})$/)?.[1]);
  if (port >= 1 && port <= 65_535) usable.PLLAN_GATEWAY_PORT = port;
  const timeout = Number(env.PLLAN_HANDSHAKE_TIMEOUT_MS);
  if (Number.isInteger(timeout) && timeout >= 1 && timeout <= 600_000)
    usable.PLLAN_HANDSHAKE_TIMEOUT_MS = timeout;
  if (isLogLevel(env.PLLAN_LOG_LEVEL)) usable.PLLAN_LOG_LEVEL = env.PLLAN_LOG_LEVEL;
  return usable as NodeJS.ProcessEnv;
}

/** What is said of variables that are set and ignored. */
export function environmentWarnings({ PLLAN_LOG_LEVEL: level }: Environment): Problem[] {
  if (!level || isLogLevel(level)) return [];
  return [{ path: 'PLLAN_LOG_LEVEL', message: `ignored, it is none of ${logLevels.join(', ')}` }];
}

function isLogLevel(text: string | undefined): boolean {
  return logLevels.some((level) => level === text);
}

function asArguments(flags: ConfigFlags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
}

/** convict joins its findings into one text; each line names a path and what is wrong there. */
function convictProblems(message: string): ConfigIssue[] {
  return message.split('\n').map((line) => {
    const wrong = line.match(/^([$\w.]+): (.*?)(?:: value was .*)?$/);
    return wrong ? { path: wrong[1] as string, message: wrong[2] as string } : { path: '', message: line };
  });
}
