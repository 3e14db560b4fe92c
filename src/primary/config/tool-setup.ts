/** The config's tools as workers need them (config.md §7 `gateway.tools`, §8 `tools`). */
import type { GatewayConfig } from '../../shared/config/load.js';
import { defaultWorkspace, ownWorkspaces } from '../../shared/config/workspaces.js';
import { toolRunLimits } from '../../shared/tools/limits.js';
import type { Environment, Paths } from '../../shared/paths.js';
import type { ToolSetup } from '../../shared/tools/setup.js';
import { execEnvironment } from './exec-environment.js';
import { mcpSetup } from './mcp-setup.js';

export function toolSetup(config: GatewayConfig, paths: Paths, env: Environment): ToolSetup {
  const { gateway, agents, tools } = config;
  const own = agents.list.map(({ id, ...agent }) => [id.toLowerCase(), agent] as const);
  const workspace = defaultWorkspace(config, paths);
  const testHooks = env.PLLAN_TEST_HOOKS === '1';
  return {
    threads: gateway.workers.toolThreads,
    policy: {
      profile: tools.profile,
      allow: tools.allow,
      deny: tools.deny,
      byProvider: tools.byProvider,
      agents: Object.fromEntries(own.flatMap(([id, agent]) => (agent.tools ? [[id, agent.tools]] : []))),
      direct: gateway.tools,
    },
    workspaces: Object.fromEntries(ownWorkspaces(config, paths)),
    workspace,
    exec: {
      env: execEnvironment(env, tools.exec.passEnv),
      timeoutMs: tools.exec.timeoutSec * 1_000,
    },
    web: tools.web,
    sessions: tools.sessions,
    testNetwork: testHooks ? env.PLLAN_TEST_NETWORK : undefined,
    mcp: mcpSetup(config, { workspace, home: paths.home, env }),
    timeoutMs: (testHooks && Number(env.PLLAN_TEST_TOOL_TIMEOUT_MS)) || toolRunLimits.timeoutMs,
  };
}
