/** What `pllan status` knows, in the shape of its JSON output (cli.md §6); without the gateway, what this machine's files say. */
import { arch, platform, release } from 'node:os';
import { existsSync } from 'node:fs';
import { VERSION } from '../../shared/version.js';
import { liveOwner } from '../../shared/instance-lock.js';
import type { StoredSessions } from '../../shared/stored-sessions.js';
import { toError } from '../../shared/to-error.js';
import { deviceOf, type GatewayAccess } from '../client/call.js';
import { displayUrl, isThisMachine, portOf } from '../client/gateway-url.js';
import { pageAddress } from '../client/page-address.js';
import { selfOf } from '../client/self.js';
import { isLocal, type GatewayTarget } from '../client/target.js';
import { channelTable, type ChannelLine } from '../channels/human.js';
import type { CliConfig } from '../config/cli-config.js';
import { degradedSecretLines } from '../health/degraded-secrets.js';
import { numberOf, recordOf, recordsOf, textOf, type Facts } from '../record.js';
import { openServiceManager } from '../service/platform-manager.js';
import { inspectPort, type PortReport } from '../status/inspect-port.js';
import { askGateway, type Asked, type Wishes } from './ask-gateway.js';

export interface Overview {
  /** Of the gateway; of this program when it cannot be asked. */
  readonly runtimeVersion: string;
  readonly heartbeat: unknown;
  readonly channelSummary: unknown;
  readonly queuedSystemEvents: readonly unknown[];
  /** How the gateway of this machine is to be exposed. */
  readonly tailscale: 'off' | 'serve' | 'funnel';
  readonly sessions: Facts;
  readonly os: {
    readonly platform: string;
    readonly arch: string;
    readonly release: string;
    readonly label: string;
  };
  readonly gateway: GatewayOverview;
  readonly gatewayService: {
    readonly label: string;
    readonly installed: boolean;
    readonly loadedText: string;
    readonly runtimeShort: string;
  };
  readonly agents: {
    readonly defaultId: string;
    readonly agents: readonly { readonly id: string; readonly sessions?: number }[];
    readonly totalSessions: number;
  };
  readonly health?: unknown;
  readonly presence?: unknown;
  readonly channels?: unknown;
  /** An account each. */
  readonly channelRows: readonly ChannelLine[];
  readonly lastHeartbeat?: unknown;
  readonly usage?: unknown;
  /** Variables that the config names and this process does not have, and what the gateway cannot resolve anew. */
  readonly secretDiagnostics: readonly string[];
  readonly problems: readonly string[];
}

export interface GatewayOverview {
  readonly mode: 'local' | 'remote';
  readonly url: string | null;
  readonly urlSource: string | null;
  /** Null when it serves no page, and for one on another machine, whose config is not known. */
  readonly dashboardUrl: string | null;
  readonly misconfigured: boolean;
  readonly reachable: boolean;
  readonly connectLatencyMs: number | null;
  readonly authMode: string | null;
  readonly self: Facts | null;
  readonly error: string | null;
  /** What can be done about it. */
  readonly advice: readonly string[];
}

/** The report, and who holds the port, when that is one of this machine. */
export interface Findings {
  readonly overview: Overview;
  readonly port: PortReport | undefined;
}

export async function collectOverview(
  access: GatewayAccess,
  stored: StoredSessions,
  wishes: Wishes,
): Promise<Findings> {
  const asked = await askGateway(access, deviceOf(access), wishes);
  const { config } = access.sources;
  const answers = asked.state === 'reached' ? asked.answers : undefined;
  const { status = {}, snapshot = {}, problems = [], latencyMs = null, ...more } = answers ?? {};
  const target = asked.state === 'misconfigured' ? undefined : asked.target;
  const port = target && isThisMachine(target.url) ? await inspectPort(portOf(target.url)) : undefined;
  const local = answers || !target || !isLocal(target) ? { count: 0 } : await localSessions(access, stored);
  const sessions = answers ? recordOf(status.sessions) : { count: local.count, recent: [] };
  const overview: Overview = {
    runtimeVersion: textOf(status.runtimeVersion) ?? VERSION,
    heartbeat: status.heartbeat ?? null,
    channelSummary: status.channelSummary ?? [],
    channelRows: channelTable(snapshot.health),
    queuedSystemEvents: Array.isArray(status.queuedSystemEvents) ? status.queuedSystemEvents : [],
    sessions,
    tailscale: config.gateway.tailscale.mode,
    os: {
      platform: platform(),
      arch: arch(),
      release: release(),
      label: `${platform()} ${release()} (${arch()})`,
    },
    gateway: {
      mode: config.gateway.mode ?? 'local',
      ...place(target, config.gateway),
      misconfigured: asked.state === 'misconfigured',
      reachable: answers !== undefined,
      connectLatencyMs: latencyMs,
      authMode: textOf(snapshot.authMode) ?? null,
      self: selfOf(snapshot.presence),
      ...whyNot(asked),
    },
    gatewayService: await serviceOf(access, runtimeOf(asked, port, access)),
    agents: agentsOf(access, recordOf(status.heartbeat), sessions),
    ...more,
    secretDiagnostics: [...config.warnings, ...degradedSecretLines(status.degradedSecretOwners)],
    problems: local.problem === undefined ? problems : [...problems, local.problem],
  };
  return { overview, port };
}

/** @param runtimeShort how the gateway is, where no service is installed that would say so */
async function serviceOf(
  { sources: { env, paths } }: GatewayAccess,
  runtimeShort: string,
): Promise<Overview['gatewayService']> {
  const manager = openServiceManager({ env, paths, platform: platform() });
  if (!manager?.command())
    return {
      label: manager?.label ?? 'none',
      installed: false,
      loadedText: 'not installed',
      runtimeShort,
    };
  const [loaded, { status, pid }] = await Promise.all([manager.isLoaded(), manager.runtime()]);
  return {
    label: manager.label,
    installed: true,
    loadedText: loaded ? manager.loadedText : manager.notLoadedText,
    runtimeShort: pid === undefined ? status : `${status} (pid ${pid})`,
  };
}

function place(
  target: GatewayTarget | undefined,
  { mode, controlUi }: CliConfig['gateway'],
): Pick<GatewayOverview, 'url' | 'urlSource' | 'dashboardUrl'> {
  if (!target) return { url: null, urlSource: null, dashboardUrl: null };
  const page = mode === 'remote' ? undefined : pageAddress(target.url, controlUi);
  return { url: displayUrl(target.url), urlSource: target.source, dashboardUrl: page ?? null };
}

function whyNot(asked: Asked): Pick<GatewayOverview, 'error' | 'advice'> {
  if (asked.state === 'reached') return { error: null, advice: [] };
  return { error: asked.error, advice: asked.state === 'unreachable' ? asked.advice : [] };
}

function runtimeOf(asked: Asked, port: PortReport | undefined, { sources }: GatewayAccess): string {
  if (asked.state === 'reached') {
    const pid = numberOf(asked.answers.status.pid);
    return pid === undefined ? 'running' : `running (pid ${pid})`;
  }
  // One that does not let us in runs all the same.
  const isOwn = asked.state === 'unreachable' && isLocal(asked.target);
  const owner = isOwn ? liveOwner(sources.paths.stateDir) : undefined;
  if (owner) return `running (pid ${owner.pid})`;
  return port?.status === 'free' ? 'stopped' : 'unknown';
}

function agentsOf({ sources }: GatewayAccess, heartbeat: Facts, sessions: Facts): Overview['agents'] {
  const { list } = sources.config.agents;
  const configured = list.map(({ id }) => id);
  const asked = recordsOf(heartbeat.agents).map(({ agentId }) => textOf(agentId) ?? '?');
  const ids = [asked, configured].find((names) => names.length > 0) ?? ['main'];
  const chosen = list.find((agent) => agent.default)?.id ?? ids[0] ?? 'main';
  const counts = new Map(recordsOf(sessions.byAgent).map(({ agentId, count }) => [agentId, numberOf(count)]));
  return {
    defaultId: textOf(heartbeat.defaultAgentId) ?? chosen,
    agents: ids.map((id) => {
      const count = counts.get(id);
      return count === undefined ? { id } : { id, sessions: count };
    }),
    totalSessions: numberOf(sessions.count) ?? 0,
  };
}

/** Of the store of this state directory, read beside whoever writes it. */
async function localSessions(
  { sources: { env, paths } }: GatewayAccess,
  stored: StoredSessions,
): Promise<{ readonly count: number; readonly problem?: string }> {
  if (!existsSync(paths.storeDir)) return { count: 0 };
  try {
    return { count: await stored.read({ env, paths }, async (source) => source.count()) };
  } catch (caught) {
    return { count: 0, problem: toError(caught).message };
  }
}
