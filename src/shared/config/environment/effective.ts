/** The environment that a config is read with: what its own `env` section adds, then a login shell (config.md §4.1). */
import type { Environment } from '../../paths.js';
import type { Problem } from '../../schema.js';
import { isRecord } from '../../is-record.js';
import { toError } from '../../to-error.js';
import { childOf, valueOf, type ConfigNode } from '../read/node.js';
import { substituteText, variablesIn } from '../substitute.js';
import { askLoginShell, type AskLoginShell } from './login-shell.js';

export interface EffectiveEnvironment {
  readonly env: Environment;
  /** What of it a login shell gave. */
  readonly imported: Environment;
  readonly warnings: readonly Problem[];
}

/** Asked for although the config does not name them: keys that providers take from there, and the gateway's own. */
const alwaysExpected = /^(?:[A-Z][A-Z0-9_]*_API_KEY|PLLAN_GATEWAY_(?:TOKEN|PASSWORD))$/;

const SHELL_TIMEOUT_MS = 15_000;

export function effectiveEnvironment(
  root: ConfigNode,
  env: Environment,
  ask: AskLoginShell = askLoginShell,
): EffectiveEnvironment {
  const node = childOf(root, 'env');
  const section = node ? valueOf(node) : {};
  const own = isRecord(section) ? section : {};
  const { vars, shellEnv, ...rest } = own;
  const named = Object.entries({ ...rest, ...(isRecord(vars) ? vars : {}) });
  const texts = named.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const missing = texts.filter(([name]) => env[name] === undefined);
  const withOwn: Record<string, string | undefined> = { ...env };
  // They may name what the environment has, not each other.
  for (const [name, value] of missing) {
    const { replaced, missing: unset } = substituteText(value, env);
    if (unset === undefined) withOwn[name] = replaced;
  }
  const settings = isRecord(shellEnv) ? shellEnv : {};
  if (settings.enabled !== true && env.PLLAN_LOAD_SHELL_ENV !== '1')
    return { env: withOwn, imported: {}, warnings: [] };
  const timeoutMs = typeof settings.timeoutMs === 'number' ? settings.timeoutMs : SHELL_TIMEOUT_MS;
  return withShell(withOwn, variablesIn(root), timeoutMs, ask);
}

function withShell(
  env: Environment,
  expected: ReadonlySet<string>,
  timeoutMs: number,
  ask: AskLoginShell,
): EffectiveEnvironment {
  try {
    const wanted = Object.entries(ask(env, timeoutMs)).filter(
      ([name]) => env[name] === undefined && (expected.has(name) || alwaysExpected.test(name)),
    );
    const imported = Object.fromEntries(wanted);
    return { env: { ...env, ...imported }, imported, warnings: [] };
  } catch (caught) {
    const message = `the login shell gave nothing: ${toError(caught).message}`;
    return { env, imported: {}, warnings: [{ path: 'env.shellEnv', message }] };
  }
}
