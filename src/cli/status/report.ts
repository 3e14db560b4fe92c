/** What `gateway status` knows, in the shape of its JSON output (cli.md §3). Without a service its runtime comes from port and probe. */
import type { BindMode } from '../../shared/config/schema.js';
import type { Environment } from '../../shared/paths.js';
import type { Problem } from '../../shared/schema.js';
import type { LocalSources } from '../client/credentials.js';
import type { Device } from '../client/device/device.js';
import { displayUrl, isThisMachine, portOf } from '../client/gateway-url.js';
import { pageAddress } from '../client/page-address.js';
import {
  isLocal,
  resolveTarget,
  runningPort,
  type GatewayTarget,
  type TargetFlags,
} from '../client/target.js';
import type { CliConfig } from '../config/cli-config.js';
import { servicePort } from '../service/audit/facts.js';
import type { ServiceContext } from '../service/context.js';
import type { InstalledService } from '../service/definition.js';
import type { ManagerProblem, ServiceRuntime } from '../service/manager.js';
import { toError } from '../../shared/to-error.js';
import { findExtraServices, type ExtraService } from './extra-services.js';
import { inspectPort, type PortReport } from './inspect-port.js';
import { lastGatewayEnd, lastGatewayError, logFileOf } from './log-facts.js';
import { probeGateway, type Probe, type ProbeReport } from './probe.js';
import { inspectService, type DaemonConfig, type ServiceReport } from './service-report.js';

export interface StatusReport {
  readonly logFile: string;
  readonly service: ServiceReport;
  readonly config: {
    readonly cli: {
      readonly path: string;
      readonly exists: boolean;
      readonly valid: boolean;
      readonly issues: readonly Problem[];
    };
    /** Left out when no service is installed. */
    readonly daemon?: DaemonConfig;
    /** The service reads another file than this command. */
    readonly mismatch: boolean;
  };
  readonly gateway: {
    readonly bindMode: BindMode;
    /** Left out when only the running gateway knows it. */
    readonly bindHost?: string;
    readonly port: number;
    readonly portSource: 'service args' | 'running gateway' | 'env/config';
    readonly probeUrl?: string;
    /** Left out when it serves no page, or is another machine's. */
    readonly dashboardUrl?: string;
    readonly probeNote?: string;
  };
  /** Left out when the gateway in question is on another machine. */
  readonly port?: PortReport;
  /** Left out with `--no-probe`. */
  readonly rpc?: ProbeReport;
  /** With `--deep`. */
  readonly extraServices: readonly ExtraService[];
  /** With `--deep`: what it said last about its own end. */
  readonly lastEnd?: string;
  /** When it ought to listen and does not. */
  readonly lastError?: string;
  /** What people should know of the installed service. */
  readonly serviceHints: readonly string[];
  /** Why the service manager cannot be used. */
  readonly managerProblem?: ManagerProblem;
}

/** The gateway to look at, or why there is none. */
type Choice = GatewayTarget | { readonly problem: string };

export interface StatusRequest {
  readonly flags: TargetFlags;
  readonly probe: boolean;
  readonly deep: boolean;
  readonly timeoutMs: number;
  readonly context: ServiceContext;
  readonly device: Device;
}

/** @throws UserError when the command line itself names no usable target */
export async function collectStatus({
  flags,
  probe,
  deep,
  timeoutMs,
  context,
  device,
}: StatusRequest): Promise<StatusReport> {
  const { config, env, paths } = context;
  const { service, installed, daemon, problem, hints } = await inspectService(context);
  const sources = { env: config.env, paths, config };
  const own = isOwnGateway(flags, config, env) ? ownPort(installed, sources) : undefined;
  const asked = own?.portSource === 'service args' ? { ...flags, port: own.port } : flags;
  const target = chooseTarget(asked, sources);
  const url = 'url' in target ? target.url : undefined;
  const inspected = portToInspect(target, config, env, own?.port);
  const port = inspected === undefined ? undefined : await inspectPort(inspected);
  const probed = probe && 'url' in target ? await probeGateway(target, device, timeoutMs) : undefined;
  // What a gateway on another machine serves, its config says.
  const isHere = config.gateway.mode !== 'remote';
  const page = url && isHere ? pageAddress(url, config.gateway.controlUi) : undefined;
  const rpc = probe && 'problem' in target ? { ok: false as const, error: target.problem } : probed?.report;
  const note = probeNote(config, target);
  const logFile = logFileOf(config, paths);
  const runtime = installed && service.runtime.status === 'running' ? service.runtime : undefined;
  const lastError = port?.status === 'free' && installed ? lastGatewayError(logFile) : undefined;
  const lastEnd = deep ? lastGatewayEnd(logFile) : undefined;
  return {
    logFile,
    service: {
      ...service,
      runtime: runtime ?? foregroundRuntime(port, probed, installed && service.runtime),
    },
    config: {
      cli: { path: config.path, exists: config.exists, valid: config.valid, issues: config.issues },
      ...(daemon ? { daemon } : {}),
      mismatch: daemon !== undefined && daemon.path !== config.path,
    },
    gateway: {
      bindMode: config.gateway.bind,
      ...bindHost(config),
      port: config.gateway.port,
      portSource: 'env/config',
      ...own,
      ...(url ? { probeUrl: displayUrl(url) } : {}),
      ...(page === undefined ? {} : { dashboardUrl: page }),
      ...(note === undefined ? {} : { probeNote: note }),
    },
    ...(port ? { port } : {}),
    ...(rpc ? { rpc } : {}),
    extraServices: deep ? await findExtraServices(context) : [],
    ...(lastEnd === undefined ? {} : { lastEnd }),
    ...(lastError === undefined ? {} : { lastError }),
    serviceHints: hints,
    ...(problem ? { managerProblem: problem } : {}),
  };
}

/** Where this machine's gateway listens or will: as it runs, else as its service starts it, else as the config says. */
function ownPort(
  installed: InstalledService | undefined,
  sources: LocalSources,
): Pick<StatusReport['gateway'], 'port' | 'portSource'> {
  const fromService = installed && servicePort(installed);
  const configured = sources.config.gateway.port;
  const port = runningPort(sources) ?? fromService ?? configured;
  if (port === fromService) return { port, portSource: 'service args' };
  return { port, portSource: port === configured ? 'env/config' : 'running gateway' };
}

/** The question is about this machine's gateway, which the service may be. */
function isOwnGateway(flags: TargetFlags, { gateway }: CliConfig, env: Environment): boolean {
  return flags.url === undefined && gateway.mode !== 'remote' && !env.PLLAN_GATEWAY_URL?.trim();
}

/** A target that cannot be had is a finding, unless the command line asked for it. */
function chooseTarget(flags: TargetFlags, sources: LocalSources): Choice {
  try {
    return resolveTarget(flags, sources);
  } catch (caught) {
    if (flags.url !== undefined) throw caught;
    return { problem: toError(caught).message };
  }
}

/** Undefined when the gateway in question is on another machine, or nobody knows where. */
function portToInspect(
  target: Choice,
  { gateway }: CliConfig,
  env: Environment,
  own: number | undefined,
): number | undefined {
  const isElsewhere = gateway.mode === 'remote' || Boolean(env.PLLAN_GATEWAY_URL?.trim());
  if ('problem' in target) return isElsewhere ? undefined : (own ?? gateway.port);
  return isThisMachine(target.url) ? portOf(target.url) : undefined;
}

/**
 * Of a gateway that runs without its service, which may be stopped meanwhile.
 *
 * @param stopped what the manager says of the service, when there is one
 */
function foregroundRuntime(
  port: PortReport | undefined,
  probe: Probe | undefined,
  stopped: ServiceRuntime | undefined,
): ServiceRuntime {
  const pid = probe?.pid ?? port?.listeners.find((listener) => listener.pid !== undefined)?.pid;
  const running: ServiceRuntime = { status: 'running', ...(pid === undefined ? {} : { pid }) };
  if (probe?.isGateway) return running;
  if (port?.status === 'free') return stopped ?? { status: 'stopped' };
  if (port?.status === 'busy' && !probe) return running;
  return stopped ?? { status: 'unknown' };
}

/** `auto` and `tailnet` depend on the machine at the time of the start. */
function bindHost({ gateway }: CliConfig): { bindHost?: string } {
  if (gateway.bind === 'loopback') return { bindHost: '127.0.0.1' };
  if (gateway.bind === 'lan') return { bindHost: '0.0.0.0' };
  return gateway.bind === 'custom' && gateway.customBindHost !== null
    ? { bindHost: gateway.customBindHost }
    : {};
}

function probeNote({ gateway }: CliConfig, target: Choice): string | undefined {
  if (!('url' in target) || !isLocal(target)) return undefined;
  if (gateway.bind === 'loopback') return 'Loopback-only gateway; only local clients can connect.';
  return target.source === 'local loopback'
    ? `bind=${gateway.bind}; probing the loopback address.`
    : undefined;
}
