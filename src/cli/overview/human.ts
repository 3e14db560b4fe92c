/** `pllan status` for people (cli.md §6). What the gateway does not tell is left out. */
import { VERSION } from '../../shared/version.js';
import { formatAge } from '../output/age.js';
import { plainText } from '../output/plain-text.js';
import type { Style } from '../output/style.js';
import { selfText } from '../client/self.js';
import { healthLines } from '../health/human.js';
import { numberOf, recordOf, recordsOf, textOf, textsOf, type Facts } from '../record.js';
import { sessionLines } from '../sessions/human.js';
import type { GatewayOverview, Overview } from './report.js';

/**
 * @param nowMs milliseconds since the epoch
 * @param hasConfig without one a gateway does not start
 */
export function overviewLines(overview: Overview, style: Style, nowMs: number, hasConfig: boolean): string[] {
  const { sessions, gateway, problems } = overview;
  const blocks = [
    [style.bold('pllan status')],
    [style.bold('Overview'), ...table(overviewRows(overview, style))],
    overview.channelRows.length === 0
      ? []
      : [style.bold('Channels'), ...columns(channelCells(overview.channelRows))],
    recordsOf(sessions.recent).length === 0
      ? []
      : [style.bold('Sessions'), ...sessionLines({ sessions: sessions.recent }, style, nowMs)],
    overview.health === undefined ? [] : [style.bold('Health'), ...healthLines(overview.health, style)],
    overview.presence === undefined
      ? []
      : [style.bold('Presence'), ...recordsOf(overview.presence).map((entry) => `- ${selfText(entry)}`)],
    overview.usage === undefined ? [] : [style.bold('Usage'), ...usageLines(overview.usage)],
    problems.length === 0
      ? []
      : ['Not told:', ...problems.map((problem) => `- ${style.warn(plainText(problem))}`)],
    ['Next steps:', ...nextSteps(gateway, hasConfig).map((line) => `- ${line}`)],
  ];
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, place) => (place === 0 ? block : ['', ...block]));
}

function nextSteps({ advice, reachable, mode }: GatewayOverview, hasConfig: boolean): string[] {
  return [
    ...advice,
    ...(reachable || hasConfig ? [] : ['pllan setup']),
    // One that refuses need not be started.
    ...(reachable || mode === 'remote' || advice.length > 0 ? [] : ['pllan gateway']),
    'pllan gateway status',
    'pllan logs --follow',
    'pllan channels status --probe',
  ];
}

type Row = readonly [name: string, value: string | undefined];

function overviewRows(overview: Overview, style: Style): Row[] {
  const { os, gateway, gatewayService, agents, queuedSystemEvents } = overview;
  const { label, installed, loadedText, runtimeShort } = gatewayService;
  const state = installed ? `installed · ${loadedText}` : loadedText;
  return [
    ['Dashboard', gateway.dashboardUrl ?? undefined],
    ['OS', os.label],
    ['Node', process.versions.node],
    ['Tailscale', gateway.mode === 'remote' ? undefined : overview.tailscale],
    ['Channel', releaseChannel],
    ['Gateway', gatewayText(gateway, style)],
    ['Gateway service', `${label} ${state} · ${runtimeShort}`],
    [
      'Agents',
      agents.agents.map(({ id }) => `${id}${id === agents.defaultId ? ' (default)' : ''}`).join(', '),
    ],
    ['Probes', overview.health === undefined ? 'skipped (use --deep)' : 'see Health'],
    ['Channels', textsOf(overview.channelSummary).map(plainText).join(', ') || undefined],
    ['Events', queuedSystemEvents.length === 0 ? 'none' : `${queuedSystemEvents.length} queued`],
    ['Heartbeat', heartbeatText(recordOf(overview.heartbeat), overview.lastHeartbeat)],
    ['Sessions', sessionsText(overview.sessions)],
    ['Config', overview.secretDiagnostics.map((line) => style.warn(plainText(line))).join('; ') || undefined],
  ];
}

/** A version such as `1.0.0-beta.2` names the channel that it came by. */
const releaseChannel = `${/-([a-z]+)/.exec(VERSION)?.[1] ?? 'stable'} (${VERSION})`;

/** `local · ws://127.0.0.1:18789 (local loopback) · reachable 8ms · auth token · vm app 0.1.0 linux` */
export function gatewayText(gateway: GatewayOverview, style: Style): string {
  const { mode, url, urlSource, reachable, connectLatencyMs, authMode, self, error } = gateway;
  const parts = [
    mode,
    url === null ? undefined : `${url} (${urlSource})`,
    reachable
      ? style.good(`reachable ${connectLatencyMs ?? 0}ms`)
      : style.bad(`${gateway.misconfigured ? 'misconfigured' : 'unreachable'} (${plainText(error ?? '')})`),
    authMode === null ? undefined : `auth ${plainText(authMode)}`,
    self === null ? undefined : selfText(self),
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function heartbeatText({ agents }: Facts, last: unknown): string | undefined {
  const beats = recordsOf(agents).map(({ agentId, every, enabled }) => {
    const interval = enabled === false ? 'off' : (textOf(every) ?? '?');
    return `${plainText(interval)} (${plainText(textOf(agentId) ?? '?')})`;
  });
  const { status, ts } = recordOf(last);
  const latest = textOf(status);
  const ago = numberOf(ts);
  if (beats.length > 0 && latest !== undefined)
    beats.push(`last ${plainText(latest)}${ago === undefined ? '' : ` ${formatAge(Date.now() - ago)} ago`}`);
  return beats.join(', ') || undefined;
}

/** `2 active · default m-1 (200k ctx)` */
function sessionsText({ count, defaults }: Facts): string {
  const { model, contextTokens } = recordOf(defaults);
  const name = textOf(model);
  const context = numberOf(contextTokens);
  const size = context === undefined ? '' : ` (${Math.round(context / 1_000)}k ctx)`;
  const chosen = name === undefined ? '' : ` · default ${plainText(name)}${size}`;
  return `${numberOf(count) ?? 0} active${chosen}`;
}

/** One line for each provider; its form is the providers' own. */
function usageLines(usage: unknown): string[] {
  const providers = recordsOf(recordOf(usage).providers);
  if (providers.length === 0) return ['No provider tells its usage.'];
  return providers.map((provider) => {
    const name = textOf(provider.displayName) ?? textOf(provider.provider) ?? '?';
    const windows = recordsOf(provider.windows).map(
      ({ label, usedPercent }) => `${textOf(label) ?? '?'} ${numberOf(usedPercent) ?? '?'}%`,
    );
    return plainText(`${name}: ${windows.join(', ') || (textOf(provider.error) ?? 'nothing told')}`);
  });
}

function channelCells(rows: Overview['channelRows']): string[][] {
  const cells = rows.map(({ channel, enabled, state, detail }) => [channel, enabled, state, detail]);
  return [['Channel', 'Enabled', 'State', 'Detail'], ...cells];
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Names padded to one width; rows without a value are left out. */
function table(rows: readonly Row[]): string[] {
  const shown = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
