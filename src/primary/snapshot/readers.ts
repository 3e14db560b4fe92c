/** What the gateway's long-lived parts ask about the config: they keep the question, and never the answer. */
import type { GatewayConfig } from '../../shared/config/load.js';
import { defaultWorkspace, ownWorkspaces } from '../../shared/config/workspaces.js';
import type { Paths } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import type { KeyScheme } from '../../shared/store/session-keys.js';
import { keyScheme } from '../config/key-scheme.js';
import { maintenancePolicy, type MaintenancePolicy } from '../sessions/maintenance.js';
import { createResetPolicy, type ResetPolicy } from '../sessions/reset-policy.js';
import type { ConcurrentRuns } from '../sessions/run-queue.js';
import { derived, type CurrentSnapshot } from './snapshot.js';

export interface ConfigReaders {
  routes(): RouteTable;
  agentIds(): readonly string[];
  /** Milliseconds that a turn may take when its caller says nothing. */
  turnTimeoutMs(): number;
  /** How keys of sessions are read. */
  scheme(): KeyScheme;
  /** The folder of agents that have none of their own. */
  workspace(): string;
  /** The folder of an agent. */
  workspaceOf(agentId: string): string;
  cron(): GatewayConfig['cron'];
  queue(): GatewayConfig['messages']['queue'];
  concurrent(): ConcurrentRuns;
  readonly resetPolicy: ResetPolicy;
  maintenance(): MaintenancePolicy;
  rateLimit(): GatewayConfig['gateway']['auth']['rateLimit'];
  pairing(): GatewayConfig['gateway']['nodes']['pairing'];
}

export function createReaders(current: CurrentSnapshot, paths: Paths): ConfigReaders {
  const routes = (): RouteTable => current().routes;
  const resets = derived(current, ({ config }) => createResetPolicy(config.session));
  return {
    routes,
    agentIds: () => Object.keys(routes().agents),
    turnTimeoutMs: () => routes().turnTimeoutMs,
    scheme: derived(current, ({ config }) => keyScheme(config, routes().defaultAgentId)),
    workspace: () => defaultWorkspace(current().config, paths),
    workspaceOf(agentId) {
      const { config } = current();
      return ownWorkspaces(config, paths).get(agentId) ?? defaultWorkspace(config, paths);
    },
    cron: () => current().config.cron,
    queue: () => current().config.messages.queue,
    concurrent() {
      const { maxConcurrent, subagents } = current().config.agents.defaults;
      return {
        main: maxConcurrent,
        subagent: subagents.maxConcurrent,
        cron: current().config.cron.maxConcurrentRuns,
      };
    },
    resetPolicy: (...question) => resets()(...question),
    maintenance: derived(current, ({ config }) => maintenancePolicy(config)),
    rateLimit: () => current().config.gateway.auth.rateLimit,
    pairing: () => current().config.gateway.nodes.pairing,
  };
}
