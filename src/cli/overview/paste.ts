/** `pllan status --all`: all that helps to find a fault, safe to paste: it holds no secret (cli.md §6). */
import { displayPath } from '../../shared/paths.js';
import { VERSION } from '../../shared/version.js';
import type { CliConfig } from '../config/cli-config.js';
import { plainText } from '../output/plain-text.js';
import type { Style } from '../output/style.js';
import { recordOf, textOf, textsOf } from '../record.js';
import { counted } from '../sessions/human.js';
import type { PortReport } from '../status/inspect-port.js';
import { gatewayText } from './human.js';
import type { Overview } from './report.js';

export interface PasteFacts {
  readonly overview: Overview;
  readonly port: PortReport | undefined;
  readonly config: CliConfig;
  readonly home: string;
  readonly logFile: string;
  /** Last lines of the log that tell of trouble. */
  readonly trouble: readonly string[];
}

export function pasteLines(facts: PasteFacts, style: Style): string[] {
  const { overview, port, config, home, logFile, trouble } = facts;
  const { os, gateway, gatewayService, agents } = overview;
  const validity = config.valid ? 'valid' : `invalid (${counted(config.issues.length, 'issue')})`;
  return [
    style.bold('pllan status --all'),
    '',
    `Version: ${VERSION}${gateway.reachable ? ` (gateway ${plainText(overview.runtimeVersion)})` : ''}`,
    `OS: ${os.label} · node ${process.versions.node}`,
    `Config: ${displayPath(config.path, home)} · ${config.exists ? validity : 'missing'}`,
    ...config.issues.map(({ path, message }) => `- ${path || '<root>'}: ${message}`),
    `Gateway: ${gatewayText(gateway, style)}`,
    `Service: ${gatewayService.label} ${gatewayService.loadedText} · ${gatewayService.runtimeShort}`,
    ...(port ? [`Port ${port.port}: ${portText(port)}`] : []),
    `Channels: ${textsOf(overview.channelSummary).map(plainText).join(', ') || 'none'}`,
    `Agents: ${agents.agents.map(({ id }) => id).join(', ')} · ${counted(agents.totalSessions, 'session')}`,
    '',
    style.bold(`Last trouble in ${displayPath(logFile, home)}`),
    ...(trouble.length === 0 ? ['none'] : trouble.map(plainText)),
    '',
    style.bold('Diagnosis (read-only)'),
    ...diagnosis(facts),
  ];
}

function portText({ status, listeners }: PortReport): string {
  const held = listeners.map(({ address, pid, command }) =>
    [address, pid === undefined ? undefined : `pid ${pid}`, command].filter(Boolean).join(' '),
  );
  return [status, ...held].join(' · ');
}

function diagnosis({ overview, port, config }: PasteFacts): string[] {
  const { gateway, problems, secretDiagnostics } = overview;
  const { workers, eventLoop } = recordOf(overview.health);
  const reasons = textsOf(recordOf(eventLoop).reasons);
  const findings = [
    ...(config.exists
      ? []
      : ['There is no config file: pllan gateway --allow-unconfigured starts without one.']),
    ...(config.valid ? [] : ['The config is invalid: a gateway does not start from it.']),
    ...(gateway.error === null ? [] : [`The gateway cannot be asked: ${plainText(gateway.error)}`]),
    ...gateway.advice,
    ...(!gateway.reachable && port?.status === 'busy' ? [`Something else may hold port ${port.port}.`] : []),
    ...(recordOf(workers).degraded === true ? ['Workers die as soon as they start: see the log.'] : []),
    ...(reasons.length > 0 ? [`The gateway is slow: ${reasons.map(plainText).join(', ')}`] : []),
    ...secretDiagnostics.map(plainText),
    ...problems.map(plainText),
  ];
  return findings.length === 0 ? ['Nothing found.'] : findings.map((finding) => `- ${finding}`);
}

/** A line of the log for people: when, how bad, what; undefined for one that tells of no trouble. */
export function troubleOf(line: string): string | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return undefined; // not a line of ours
  }
  const { time, level, subsystem, message } = recordOf(record);
  if (level !== 'warn' && level !== 'error' && level !== 'fatal') return undefined;
  return `${textOf(time) ?? '?'} ${level} [${textOf(subsystem) ?? '?'}] ${textOf(message) ?? ''}`;
}
