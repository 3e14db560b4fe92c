/** The folders that agents work in (config.md §1, §8). */
import { expandHome, type Paths } from '../paths.js';
import type { GatewayConfig } from './load.js';

/** The folder of agents that have none of their own. */
export function defaultWorkspace({ agents }: GatewayConfig, { home, workspace }: Paths): string {
  return agents.defaults.workspace ? expandHome(agents.defaults.workspace, home) : workspace;
}

/** Of agents that have one of their own, by id. */
export function ownWorkspaces({ agents }: GatewayConfig, { home }: Paths): ReadonlyMap<string, string> {
  return new Map(
    agents.list.flatMap(({ id, workspace }) =>
      workspace ? [[id.toLowerCase(), expandHome(workspace, home)]] : [],
    ),
  );
}
