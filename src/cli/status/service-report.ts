/** What `gateway status` says of the service, in the shape of its JSON output (cli.md §3). */
import { readCliConfig } from '../config/cli-config.js';
import { auditInstalled, type ServiceAudit, type ServiceIssue } from '../service/audit/audit.js';
import { serviceSources, type ServiceContext } from '../service/context.js';
import type { InstalledService } from '../service/definition.js';
import type { ManagerProblem, ServiceRuntime } from '../service/manager.js';

export interface ServiceReport {
  readonly label: string;
  readonly loaded: boolean;
  readonly loadedText: string;
  readonly notLoadedText: string;
  /** Left out when none is installed. */
  readonly command?: ServiceCommand;
  readonly runtime: ServiceRuntime;
  readonly configAudit?: AuditReport;
}

export interface AuditReport {
  readonly ok: boolean;
  readonly issues: readonly Pick<ServiceIssue, 'code' | 'message' | 'level'>[];
}

export interface ServiceCommand {
  readonly programArguments: readonly string[];
  readonly workingDirectory?: string;
  /** Only what says whose and where it is. */
  readonly environment: Readonly<Record<string, string>>;
  readonly sourcePath: string;
}

export interface DaemonConfig {
  readonly path: string;
  readonly exists: boolean;
  readonly valid: boolean;
}

export interface ServiceFindings {
  readonly service: ServiceReport;
  readonly installed: InstalledService | undefined;
  /** Of the installed service. */
  readonly daemon: DaemonConfig | undefined;
  /** Why the manager cannot be used, when somebody would want to. */
  readonly problem: ManagerProblem | undefined;
  /** What people should know of the installed service. */
  readonly hints: readonly string[];
}

const shown = ['PLLAN_PROFILE', 'PLLAN_STATE_DIR', 'PLLAN_CONFIG_PATH', 'PLLAN_GATEWAY_PORT'];

export async function inspectService(context: ServiceContext): Promise<ServiceFindings> {
  const { manager } = context;
  if (!manager) {
    const service: ServiceReport = {
      label: 'none',
      loaded: false,
      loadedText: 'loaded',
      notLoadedText: 'not supported',
      runtime: { status: 'unknown' },
    };
    return { service, installed: undefined, daemon: undefined, problem: undefined, hints: [] };
  }
  const { label, loadedText, notLoadedText } = manager;
  const installed = manager.command();
  const [problem, loaded, runtime, hints] = await Promise.all([
    manager.problem(),
    manager.isLoaded(),
    installed ? manager.runtime() : undefined,
    installed ? manager.hints() : [],
  ]);
  return {
    service: {
      label,
      loaded,
      loadedText,
      notLoadedText,
      ...(installed ? { command: commandOf(installed) } : {}),
      runtime: runtime ?? { status: 'unknown' },
      ...(installed ? { configAudit: reportOf(await auditInstalled(context, manager, installed)) } : {}),
    },
    installed,
    daemon: installed && daemonConfig(installed),
    problem,
    hints: hints.map(({ message }) => message),
  };
}

function reportOf({ ok, issues }: ServiceAudit): AuditReport {
  return { ok, issues: issues.map(({ code, message, level }) => ({ code, message, level })) };
}

function commandOf({
  programArguments,
  workingDirectory,
  environment,
  sourcePath,
}: InstalledService): ServiceCommand {
  const known = Object.entries(environment).filter(([name]) => shown.includes(name));
  return {
    programArguments: withoutSecrets(programArguments),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    environment: Object.fromEntries(known),
    sourcePath,
  };
}

/** Somebody may have put one there by hand. */
function withoutSecrets(args: readonly string[]): readonly string[] {
  return args.map((argument, at) => {
    if (/^--(?:token|password)$/.test(args[at - 1] ?? '')) return '***';
    return argument.replace(/^(--(?:token|password)=).*/, '$1***');
  });
}

function daemonConfig(installed: InstalledService): DaemonConfig {
  const { env, paths } = serviceSources(installed);
  const { path, exists, valid } = readCliConfig(env, paths);
  return { path, exists, valid };
}
