/** Facts behind `health` and `status` (methods.md §2). */
import { VERSION } from '../../shared/version.js';
import type { ChannelStatus } from '../channels/channel-status.js';
import type { RouteTable } from '../../shared/routes.js';
import { overviewLimits } from '../../shared/session-limits.js';
import { sessionDefaults } from '../sessions/session-defaults.js';
import { agentOf, kindOf, type KeyScheme } from '../../shared/store/session-keys.js';
import type { SessionOverview } from '../sessions/session-overview.js';
import { modelOf } from '../sessions/session-row.js';
import type { SessionRow } from '../store/store.js';
import type { DegradedOwner } from '../snapshot/keeper.js';
import type { WorkersStatus } from '../workers/supervisor.js';
import type { Heartbeat } from '../heartbeat/open-heartbeat.js';
import type { EventLoopSample } from './event-loop.js';
import type { HealthFacts, HealthView } from './health-monitor.js';

export interface StatusSources {
  routes(): RouteTable;
  readonly storeDir: string;
  readonly heartbeat: Pick<Heartbeat, 'row' | 'everyMs'>;
  scheme(): KeyScheme;
  readonly sessions: Pick<SessionOverview, 'facts'>;
  degradedSecretOwners(): readonly DegradedOwner[];
  workers(): WorkersStatus;
  eventLoop(): EventLoopSample;
  channels(): Pick<ChannelStatus, 'health' | 'summary' | 'linked'>;
  /** Whether edits of the config are noticed. */
  configReload(): 'active' | 'disabled';
}

export interface StatusSource {
  /** `admin`: file paths are shown. `channels`: they are told of. */
  collect(admin: boolean, channels: boolean): object;
}

const HIDDEN = '[redacted]';

export function healthFacts(sources: StatusSources, view: HealthView): HealthFacts {
  const routes = sources.routes();
  const path = view === 'full' ? sources.storeDir : HIDDEN;
  const blockOf = (agentId: string): object => sessionBlock(sources, agentId, path);
  return {
    ...sources.channels().health(),
    heartbeatSeconds: Math.round(sources.heartbeat.everyMs(routes.defaultAgentId) / 1_000),
    defaultAgentId: routes.defaultAgentId,
    agents: Object.values(routes.agents).map(({ id: agentId, name }) => ({
      agentId,
      name,
      isDefault: agentId === routes.defaultAgentId,
      heartbeat: sources.heartbeat.row(agentId),
      sessions: blockOf(agentId),
    })),
    sessions: blockOf(routes.defaultAgentId),
    eventLoop: sources.eventLoop(),
    configReload: { hotReloadStatus: sources.configReload() },
    workers: sources.workers(),
    degradedSecretOwners: sources
      .degradedSecretOwners()
      .map(({ reason, ...owner }) => (view === 'full' ? { ...owner, reason } : owner)),
  };
}

export function createStatusSource(sources: StatusSources): StatusSource {
  return {
    collect(admin, channels) {
      const routes = sources.routes();
      const { facts } = sources.sessions;
      const path = admin ? sources.storeDir : HIDDEN;
      const defaults = sessionDefaults(routes);
      return {
        runtimeVersion: VERSION,
        pid: process.pid,
        ...(channels ? { linkChannel: sources.channels().linked() } : {}),
        heartbeat: {
          defaultAgentId: routes.defaultAgentId,
          agents: Object.keys(routes.agents).map((agentId) => {
            const { enabled, every, everyMs } = sources.heartbeat.row(agentId);
            return { agentId, enabled, every, everyMs };
          }),
        },
        channelSummary: channels ? sources.channels().summary() : [],
        queuedSystemEvents: [],
        sessions: {
          paths: admin ? [path] : [],
          count: facts.count,
          defaults: { model: defaults.model ?? null, contextTokens: defaults.contextTokens },
          recent: admin ? facts.recent.map((row) => statusRow(row, sources)) : [],
          byAgent: Object.keys(routes.agents).map((agentId) => ({
            agentId,
            path,
            count: facts.countByAgent[agentId] ?? 0,
            recent: admin ? recentOf(sources, agentId).map((row) => statusRow(row, sources)) : [],
          })),
        },
        degradedSecretOwners: sources.degradedSecretOwners(),
      };
    },
  };
}

/** Of the sessions that were used last, whosever they are, those of one agent. */
function recentOf(sources: StatusSources, agentId: string): readonly SessionRow[] {
  const scheme = sources.scheme();
  return sources.sessions.facts.recent.filter(({ key }) => agentOf(key, scheme) === agentId);
}

function sessionBlock(sources: StatusSources, agentId: string, path: string): object {
  const recent = recentOf(sources, agentId).slice(0, overviewLimits.recentInHealth);
  return {
    path,
    count: sources.sessions.facts.countByAgent[agentId] ?? 0,
    recent: recent.map(({ key, entry: { updatedAt } }) => ({ key, updatedAt, age: Date.now() - updatedAt })),
  };
}

function statusRow({ key, entry }: SessionRow, sources: StatusSources): object {
  const { sessionId, updatedAt, inputTokens, outputTokens, totalTokens } = entry;
  const { model = entry.model, contextTokens } = modelOf(
    entry,
    sources.routes(),
    agentOf(key, sources.scheme()),
  );
  return {
    key,
    kind: kindOf(key),
    sessionId,
    updatedAt,
    age: Date.now() - updatedAt,
    model,
    contextTokens,
    inputTokens,
    outputTokens,
    totalTokens,
    ...(totalTokens === undefined
      ? {}
      : {
          remainingTokens: Math.max(0, contextTokens - totalTokens),
          percentUsed: Math.min(100, Math.round((100 * totalTokens) / contextTokens)),
        }),
    flags: [],
  };
}
