/** `gateway status` for people: one line per fact, left out when unknown (cli.md §3). */
import { displayPath } from '../../shared/paths.js';
import { plainText } from '../output/plain-text.js';
import type { Style } from '../output/style.js';
import { AUDIT_ADVICE, AUDIT_HEADING } from '../service/audit/audit.js';
import type { ServiceRuntime } from '../service/manager.js';
import type { Listener, PortReport } from './inspect-port.js';
import type { ProbeReport } from './probe.js';
import type { StatusReport } from './report.js';
import { runtimeText } from './runtime-text.js';

/** The page of this installation, which is that of its version. */
const troubleshooting = new URL('../../../docs/troubleshooting.md', import.meta.url).href;

/** Lines to print; blocks are separated by an empty one. */
export function statusLines(report: StatusReport, home: string, style: Style): string[] {
  const blocks = [
    serviceLines(report, home, style),
    configLines(report, home, style),
    gatewayLines(report),
    [...runtimeLines(report, style), ...probeLines(report.rpc, style), ...besideLines(report)],
    portLines(report, style),
    extraLines(report, style),
    adviceLines(report),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}

/** Paths below home are written with `~`, also inside of a command. */
function serviceLines({ service, logFile }: StatusReport, home: string, style: Style): string[] {
  const { label, loaded, loadedText, notLoadedText, command, configAudit } = service;
  const issues = configAudit?.issues ?? [];
  const environment = Object.entries(command?.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    ...(label === 'none' ? [] : [`Service: ${label} (${loaded ? loadedText : notLoadedText})`]),
    `File logs: ${logFile}`,
    ...(command
      ? [
          `Command: ${plainText(command.programArguments.join(' '))}`,
          `Service file: ${displayPath(command.sourcePath, home)}`,
        ]
      : []),
    ...(command?.workingDirectory === undefined
      ? []
      : [`Working dir: ${displayPath(command.workingDirectory, home)}`]),
    ...(environment.length === 0 ? [] : [`Service env: ${plainText(environment.join(' '))}`]),
    ...(issues.length === 0 ? [] : [style.warn(AUDIT_HEADING)]),
    ...issues.map(({ message }) => `Service config issue: ${plainText(message)}`),
    ...(issues.length === 0 ? [] : [AUDIT_ADVICE]),
  ];
}

function configLines(
  { config: { cli, daemon, mismatch } }: StatusReport,
  home: string,
  style: Style,
): string[] {
  const missing = (exists: boolean): string => (exists ? '' : ' (missing)');
  const issues = cli.issues.map((issue) =>
    style.bad(`Config issues: ${issue.path || '<root>'}: ${issue.message}`),
  );
  return [
    `Config (cli): ${displayPath(cli.path, home)}${missing(cli.exists)}`,
    ...(daemon ? [`Config (service): ${displayPath(daemon.path, home)}${missing(daemon.exists)}`] : []),
    ...issues,
    ...(daemon && !daemon.valid && mismatch
      ? [style.bad('Config issues: that of the service is invalid')]
      : []),
    ...(mismatch
      ? [
          style.bad(
            'CLI and service are using different config paths (likely a profile/state-dir mismatch).',
          ),
          'Fix: pllan gateway install --force, with the profile or state directory that is meant.',
        ]
      : []),
  ];
}

function gatewayLines({ gateway }: StatusReport): string[] {
  const { bindMode, bindHost, probeUrl, dashboardUrl, probeNote } = gateway;
  const host = bindHost === undefined ? '' : ` (${bindHost})`;
  const lines = [`Gateway: bind=${bindMode}${host}, port=${gateway.port} (${gateway.portSource})`];
  if (probeUrl !== undefined) lines.push(`Probe target: ${probeUrl}`);
  if (dashboardUrl !== undefined) lines.push(`Dashboard: ${dashboardUrl}`);
  if (probeNote !== undefined) lines.push(`Probe note: ${probeNote}`);
  return lines;
}

/** What the runtime has to do with the service. */
function besideLines({ service: { label, command, runtime }, port, managerProblem }: StatusReport): string[] {
  if (port === undefined) return [];
  if (!command) {
    const how = managerProblem?.message ?? 'Run: pllan gateway install';
    return label === 'none' ? [] : [`Service not installed. ${how}`];
  }
  return isForeground(runtime)
    ? ['The gateway that runs is not the service: it was started in the foreground.']
    : [];
}

/** A service manager would have said more of it. */
function isForeground({ status, state }: ServiceRuntime): boolean {
  return status === 'running' && state === undefined;
}

function runtimeLines({ service: { runtime, command }, port, rpc }: StatusReport, style: Style): string[] {
  const facts = runtimeText(runtime).slice(runtime.status.length);
  switch (runtime.status) {
    case 'running': {
      // A process on another machine is neither ours to name nor known to be in the foreground.
      const foreground = isForeground(runtime) && port !== undefined;
      const shown = foreground ? foregroundFacts(runtime.pid) : facts;
      return [`Runtime: ${style.good('running')}${shown}`];
    }
    case 'stopped':
      return [`Runtime: ${style.warn('stopped')}${facts}`];
    case 'unknown': {
      if (command && facts !== '') return [`Runtime: ${style.warn('unknown')}${facts}`];
      if (port?.status !== 'busy') return rpc ? [] : [`Runtime: ${style.warn('unknown')}`];
      return [`Runtime: ${style.warn('unknown')} (what listens does not answer as a gateway)`];
    }
  }
}

function foregroundFacts(pid: number | undefined): string {
  return pid === undefined ? ' (foreground)' : ` (pid ${pid}, foreground)`;
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

function portLines({ port, lastError, service: { runtime } }: StatusReport, style: Style): string[] {
  if (!port) return [];
  if (port.status === 'free' && lastError !== undefined)
    return [`Last gateway error: ${lastError}`, ...port.hints];
  if (runtime.status !== 'running') return port.status === 'busy' ? busyLines(port, style) : [...port.hints];
  const addresses = [...new Set(port.listeners.map(({ address }) => address))];
  return addresses.length > 0 ? [`Listening: ${addresses.join(', ')}`] : [...port.hints];
}

function extraLines({ extraServices, lastEnd }: StatusReport, style: Style): string[] {
  const last = lastEnd === undefined ? [] : [`Last stop or restart: ${lastEnd}`];
  if (extraServices.length === 0) return last;
  return [
    ...last,
    style.warn('Other gateway-like services detected (best effort):'),
    ...extraServices.map(({ label, scope, detail }) => `- ${label} (${scope}, ${detail})`),
    'Each needs a port and a state directory of its own. One that is not meant is removed with',
    '`pllan --profile <name> gateway uninstall`, or by its service manager.',
  ];
}

function adviceLines({ managerProblem, service, port, serviceHints }: StatusReport): string[] {
  return [
    ...(managerProblem && service.command ? [managerProblem.message] : []),
    // Whoever has a gateway in the foreground may not want a service at all.
    ...(managerProblem && (service.command || port?.status === 'free') ? managerProblem.hints : []),
    ...serviceHints,
    'Troubles: run pllan status',
    `Troubleshooting: ${troubleshooting}`,
  ];
}

function busyLines({ port, listeners, hints }: PortReport, style: Style): string[] {
  return [style.bad(`Port ${port} is already in use.`), ...listeners.map(listenerLine), ...hints];
}

function listenerLine({ pid, command, address }: Listener): string {
  if (pid === undefined) return `- ${address} (a process of another user)`;
  return `- ${address} pid ${pid}${command === undefined ? '' : ` (${command})`}`;
}
