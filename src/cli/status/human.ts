/** `gateway status` for people: one line per fact, left out when unknown (cli.md §3). */
import { displayPath } from '../../shared/paths.js';
import type { Style } from '../output/style.js';
import type { Listener, PortReport } from './inspect-port.js';
import type { ProbeReport } from './probe.js';
import type { Runtime, StatusReport } from './report.js';

/** Lines to print; blocks are separated by an empty one. */
export function statusLines(report: StatusReport, home: string, style: Style): string[] {
  const blocks = [
    [`File logs: ${report.logFile}`],
    configLines(report, home, style),
    gatewayLines(report),
    [...runtimeLines(report, style), ...probeLines(report.rpc, style)],
    portLines(report, style),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}

function configLines({ config: { cli } }: StatusReport, home: string, style: Style): string[] {
  const path = `Config (cli): ${displayPath(cli.path, home)}${cli.exists ? '' : ' (missing)'}`;
  const issues = cli.issues.map((issue) =>
    style.bad(`Config issues: ${issue.path || '<root>'}: ${issue.message}`),
  );
  return [path, ...issues];
}

function gatewayLines({ gateway }: StatusReport): string[] {
  const { bindMode, bindHost, probeUrl, probeNote } = gateway;
  const host = bindHost === undefined ? '' : ` (${bindHost})`;
  const lines = [`Gateway: bind=${bindMode}${host}, port=${gateway.port} (${gateway.portSource})`];
  if (probeUrl !== undefined) lines.push(`Probe target: ${probeUrl}`);
  if (probeNote !== undefined) lines.push(`Probe note: ${probeNote}`);
  return lines;
}

function runtimeLines({ service: { runtime }, port, rpc }: StatusReport, style: Style): string[] {
  switch (runtime.status) {
    case 'running':
      return [`Runtime: ${style.good('running')}${runningFacts(runtime, port !== undefined)}`];
    case 'stopped':
      return [`Runtime: ${style.warn('stopped')}`];
    case 'unknown': {
      if (port?.status !== 'busy') return rpc ? [] : [`Runtime: ${style.warn('unknown')}`];
      return [`Runtime: ${style.warn('unknown')} (what listens does not answer as a gateway)`];
    }
  }
}

/** A process on another machine is neither ours to name nor known to be in the foreground. */
function runningFacts({ pid }: Runtime, isLocal: boolean): string {
  const facts = [...(pid === undefined ? [] : [`pid ${pid}`]), ...(isLocal ? ['foreground'] : [])];
  return facts.length > 0 ? ` (${facts.join(', ')})` : '';
}

function probeLines(rpc: ProbeReport | undefined, style: Style): string[] {
  if (!rpc) return [];
  const capability =
    rpc.capability === undefined ? [] : [`Capability: ${rpc.capability.replaceAll('_', '-')}`];
  if (rpc.ok) return [`RPC probe: ${style.good('ok')}`, ...capability];
  return [
    `RPC probe: ${style.bad('failed')}`,
    ...rpc.error.split('\n').map((line) => `  ${line}`),
    ...capability,
  ];
}

function portLines({ port, service: { runtime } }: StatusReport, style: Style): string[] {
  if (!port) return [];
  if (runtime.status !== 'running') return port.status === 'busy' ? busyLines(port, style) : [...port.hints];
  const addresses = [...new Set(port.listeners.map(({ address }) => address))];
  return addresses.length > 0 ? [`Listening: ${addresses.join(', ')}`] : [...port.hints];
}

function busyLines({ port, listeners, hints }: PortReport, style: Style): string[] {
  return [style.bad(`Port ${port} is already in use.`), ...listeners.map(listenerLine), ...hints];
}

function listenerLine({ pid, command, address }: Listener): string {
  if (pid === undefined) return `- ${address} (a process of another user)`;
  return `- ${address} pid ${pid}${command === undefined ? '' : ` (${command})`}`;
}
