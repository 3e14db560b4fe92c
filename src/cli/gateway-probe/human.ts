/** The findings of `gateway probe` for people (cli.md §4). */
import type { Capability } from '../client/capability.js';
import { selfText } from '../client/self.js';
import type { Style } from '../output/style.js';
import type { CandidateKind } from './candidates.js';
import type { TargetReport } from './ask.js';
import type { ProbeReport } from './report.js';

const names: Readonly<Record<CandidateKind, string>> = {
  explicit: 'Named gateway',
  sshTunnel: 'SSH tunnel',
  configRemote: 'Remote gateway',
  localLoopback: 'Local gateway',
};

export function probeLines(report: ProbeReport, style: Style): string[] {
  const { ok, capability, targets, warnings } = report;
  return [
    style.bold('Gateway Status'),
    `Reachable: ${ok ? style.good('yes') : style.bad('no')}`,
    ...(capability === null ? [] : [`Capability: ${capabilityText(capability)}`]),
    ...targets.flatMap((target) => ['', ...targetLines(target, style)]),
    ...(warnings.length === 0 ? [] : ['', 'Warnings:']),
    ...warnings.map(({ code, message }) => `- ${style.warn(code)}: ${message}`),
  ];
}

/** Commands ask for more: what they would be granted, `gateway status` says. */
function capabilityText(capability: Capability): string {
  return capability === 'read_only'
    ? 'read-only (all that a probe asks for)'
    : capability.replaceAll('_', '-');
}

function targetLines({ kind, url, active, tunnel, connect, self }: TargetReport, style: Style): string[] {
  const through = tunnel === null ? '' : ` through ${tunnel.target}`;
  return [
    `${style.bold(names[kind])}: ${url}${through}${active ? ' (active)' : ''}`,
    ...(connect.ok ? reachedLines(connect, style) : failedLines(connect.error, style)),
    ...(self === null ? [] : [`  Gateway: ${selfText(self)}`]),
  ];
}

function reachedLines(
  { latencyMs, rpcOk, scopeLimited, error }: TargetReport['connect'],
  style: Style,
): string[] {
  const rpc = rpcOk
    ? style.good('ok')
    : `${scopeLimited ? style.warn('limited') : style.bad('failed')} - ${error ?? 'unknown error'}`;
  return [`  Connect: ${style.good('ok')} (${latencyMs ?? 0}ms)`, `  RPC: ${rpc}`];
}

function failedLines(error: string | null, style: Style): string[] {
  const [first = 'unknown error', ...advice] = (error ?? '').split('\n');
  return [`  Connect: ${style.bad('failed')} - ${first}`, ...advice.map((line) => `    ${line}`)];
}
