/** The config's MCP servers as workers need them (config.md §8 `mcp`). */
import { resolve } from 'node:path';
import type { GatewayConfig } from '../../shared/config/load.js';
import type { McpServerConfig } from '../../shared/config/mcp-schema.js';
import { expandHome, type Environment } from '../../shared/paths.js';
import { mcpLimits } from '../../shared/tools/limits.js';
import type { McpServer, McpSetup } from '../../shared/tools/setup.js';
import { execEnvironment } from './exec-environment.js';

export interface McpPlaces {
  readonly workspace: string;
  readonly home: string;
  readonly env: Environment;
}

export function mcpSetup({ mcp }: Pick<GatewayConfig, 'mcp'>, places: McpPlaces): McpSetup {
  const enabled = [...mcp.servers].filter(([, { enabled = true }]) => enabled);
  return {
    env: execEnvironment(places.env, []),
    servers: enabled.map(([id, server]) => ({
      id,
      timeoutMs: server.timeoutMs ?? mcpLimits.callMs,
      reach: reachOf(server, places),
    })),
  };
}

function reachOf(server: McpServerConfig, { workspace, home }: McpPlaces): McpServer['reach'] {
  const { url, headers = {}, command = '', args = [], env = {}, cwd = '.' } = server;
  return url === undefined
    ? {
        kind: 'process',
        argv: [command.startsWith('~/') ? expandHome(command, home) : command, ...args],
        cwd: /^~(?:\/|$)/.test(cwd) ? expandHome(cwd, home) : resolve(workspace, cwd),
        env,
      }
    : { kind: 'address', url, headers };
}
