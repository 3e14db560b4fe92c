/** What commands of agents see of the gateway's environment: an allowlist, so that no secret of the gateway is in it. */
import { AGENT_SHELL } from '../../shared/agent-shell.js';
import type { Environment } from '../../shared/paths.js';

const usual = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR)$/;
/** The gateway's own settings, its credentials among them, under every prefix that they can have. */
const own = /^(?:PLLAN|OPENCLAW)_/i;

/** @param passed names that the configuration adds */
export function execEnvironment(env: Environment, passed: readonly string[]): Record<string, string> {
  const named = new Set(passed);
  const seen = ([name, value]: [string, string | undefined]): [string, string][] =>
    value !== undefined && (usual.test(name) || named.has(name)) && !own.test(name) ? [[name, value]] : [];
  return { ...Object.fromEntries(Object.entries(env).flatMap(seen)), ...AGENT_SHELL };
}
