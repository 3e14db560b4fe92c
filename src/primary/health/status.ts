/** Facts behind `health` and `status` (methods.md §2). Sessions are empty until the gateway keeps any. */
import { VERSION } from '../../shared/version.js';
import type { RouteTable } from '../../shared/routes.js';
import { splitModelRef } from '../../shared/config/model-ref.js';
import type { WorkersStatus } from '../workers/supervisor.js';
import type { EventLoopSample } from './event-loop.js';
import type { HealthFacts, HealthView } from './health-monitor.js';

export interface StatusSources {
  readonly routes: RouteTable;
  readonly storeDir: string;
  workers(): WorkersStatus;
  eventLoop(): EventLoopSample;
}

export interface StatusSource {
  /** `admin`: file paths are shown. */
  collect(admin: boolean): object;
}

const HIDDEN = '[redacted]';

export function healthFacts(sources: StatusSources, view: HealthView): HealthFacts {
  const { routes } = sources;
  const sessions = { path: view === 'full' ? sources.storeDir : HIDDEN, count: 0, recent: [] };
  return {
    channels: {},
    channelOrder: [],
    channelLabels: {},
    heartbeatSeconds: 0,
    defaultAgentId: routes.defaultAgentId,
    agents: Object.keys(routes.agents).map((agentId) => ({
      agentId,
      isDefault: agentId === routes.defaultAgentId,
      sessions,
    })),
    sessions,
    eventLoop: sources.eventLoop(),
    workers: sources.workers(),
  };
}

export function createStatusSource(sources: StatusSources): StatusSource {
  return {
    collect(admin) {
      const { routes } = sources;
      const path = admin ? sources.storeDir : HIDDEN;
      const agent = routes.agents[routes.defaultAgentId];
      return {
        runtimeVersion: VERSION,
        pid: process.pid,
        heartbeat: {
          defaultAgentId: routes.defaultAgentId,
          agents: Object.keys(routes.agents).map((agentId) => ({
            agentId,
            enabled: false,
            every: '0m',
            everyMs: 0,
          })),
        },
        channelSummary: [],
        queuedSystemEvents: [],
        sessions: {
          paths: admin ? [path] : [],
          count: 0,
          defaults: agent ? { model: splitModelRef(agent.model).model } : {},
          recent: [],
          byAgent: Object.keys(routes.agents).map((agentId) => ({ agentId, path, count: 0, recent: [] })),
        },
        degradedSecretOwners: [],
      };
    },
  };
}
