/** The config's web hooks as workers need them (config.md §8 `hooks`), and what must be right with them (http.md §11.1). */
import { dirname, resolve, sep } from 'node:path';
import { digestCredential } from '../../shared/auth/credential.js';
import { usableSecret } from '../../shared/auth/secret-sources.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import { hookTokenRefusal } from '../../shared/config/start-refusals.js';
import { hookLimits } from '../../shared/hooks/limits.js';
import type { HookSetup } from '../../shared/hooks/setup.js';
import { expandHome, type Environment, type Paths } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import { exitCodes, StartError } from '../start-error.js';

/** Undefined when hooks are off. */
export function hookSetup(config: GatewayConfig, paths: Paths, env: Environment): HookSetup | undefined {
  const { hooks } = config;
  if (!hooks.enabled) return undefined;
  const testHooks = env.PLLAN_TEST_HOOKS === '1';
  return {
    path: pathOf(hooks.path),
    credential: digestCredential(usableSecret(hooks.token) ?? ''),
    maxBodyBytes: hooks.maxBodyBytes,
    defaultSessionKey: hooks.defaultSessionKey?.trim() || null,
    allowRequestSessionKey: hooks.allowRequestSessionKey,
    allowedSessionKeyPrefixes: lowerCased(hooks.allowedSessionKeyPrefixes),
    allowedAgentIds: lowerCased(hooks.allowedAgentIds),
    mappings: hooks.mappings,
    transformsDir: transformsDirOf(hooks, paths),
    transformMs: (testHooks && Number(env.PLLAN_TEST_TOOL_TIMEOUT_MS)) || hookLimits.transformMs,
  };
}

/** @throws StartError 78 when hooks are on and could not work, or anybody could call them */
export function requireHooks({ hooks, gateway }: GatewayConfig, { agents }: RouteTable, paths: Paths): void {
  if (!hooks.enabled) return;
  const refusal = hookTokenRefusal(hooks);
  if (refusal !== undefined) throw blocked(refusal);
  if (pathOf(hooks.path) === '/') throw blocked("hooks.path may not be '/'");
  const folder = transformsDirOf(hooks, paths);
  for (const [n, { agentId, transform }] of hooks.mappings.entries()) {
    const at = `hooks.mappings[${n}]`;
    if (agentId !== undefined && !Object.hasOwn(agents, agentId.toLowerCase()))
      throw blocked(`${at}.agentId: there is no agent '${agentId}'`);
    if (!transform) continue;
    if (!resolve(folder, transform.module).startsWith(folder + sep))
      throw blocked(`${at}.transform.module: must be in hooks.transformsDir (${folder})`);
    if (gateway.workers.toolThreads === 0)
      throw blocked(
        `${at}.transform: needs gateway.workers.toolThreads to be 1 or more, it runs in such a thread`,
      );
  }
}

/** In the form `/x`, whatever slashes were written. */
function pathOf(path: string): string {
  return `/${path
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
}

function transformsDirOf({ transformsDir }: GatewayConfig['hooks'], { configPath, home }: Paths): string {
  const written = transformsDir?.trim() || 'hooks/transforms';
  return written.startsWith('~') ? expandHome(written, home) : resolve(dirname(configPath), written);
}

function lowerCased(texts: readonly string[] | null): readonly string[] | null {
  return texts && texts.map((text) => text.trim().toLowerCase()).filter((text) => text !== '');
}

function blocked(message: string): StartError {
  return new StartError(message, exitCodes.configuration);
}
