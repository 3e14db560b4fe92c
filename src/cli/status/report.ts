/**
 * What `gateway status` knows, in the shape of its JSON output (cli.md §3). A service manager is not asked
 * yet, so `service` says «not installed» and its runtime comes from the port and the probe.
 */
import type { BindMode } from '../../shared/config/schema.js';
import { expandHome, logFileName, type Environment, type Paths } from '../../shared/paths.js';
import type { Problem } from '../../shared/schema.js';
import { join } from 'node:path';
import type { Device } from '../client/device/device.js';
import { displayUrl, isThisMachine, portOf } from '../client/gateway-url.js';
import { isLocal, resolveTarget, type GatewayTarget, type TargetFlags } from '../client/target.js';
import { openCliConfig, type CliConfig } from '../config/cli-config.js';
import { toError } from '../../shared/to-error.js';
import { inspectPort, type PortReport } from './inspect-port.js';
import { probeGateway, type Probe, type ProbeReport } from './probe.js';

export interface Runtime {
  readonly status: 'running' | 'stopped' | 'unknown';
  readonly pid?: number;
}

export interface StatusReport {
  readonly logFile: string;
  readonly service: {
    readonly loaded: false;
    readonly loadedText: 'not installed';
    readonly runtime: Runtime;
  };
  readonly config: {
    readonly cli: {
      readonly path: string;
      readonly exists: boolean;
      readonly valid: boolean;
      readonly issues: readonly Problem[];
    };
    readonly mismatch: false;
  };
  readonly gateway: {
    readonly bindMode: BindMode;
    /** Left out when only the running gateway knows it. */
    readonly bindHost?: string;
    readonly port: number;
    readonly portSource: 'env/config';
    readonly probeUrl?: string;
    readonly probeNote?: string;
  };
  /** Left out when the gateway in question is on another machine. */
  readonly port?: PortReport;
  /** Left out with `--no-probe`. */
  readonly rpc?: ProbeReport;
  readonly extraServices: readonly never[];
}

/** The gateway to look at, or why there is none. */
type Choice = GatewayTarget | { readonly problem: string };

export interface StatusRequest {
  readonly flags: TargetFlags;
  readonly probe: boolean;
  readonly timeoutMs: number;
  readonly env: Environment;
  readonly paths: Paths;
  readonly device: Device;
}

/** @throws UserError when the command line itself names no usable target */
export async function collectStatus({
  flags,
  probe,
  timeoutMs,
  env,
  paths,
  device,
}: StatusRequest): Promise<StatusReport> {
  const config = await openCliConfig(env, paths);
  const target = chooseTarget(flags, { env: config.env, paths, config });
  const url = 'url' in target ? target.url : undefined;
  const localPort = portToInspect(target, config, env);
  const port = localPort === undefined ? undefined : await inspectPort(localPort);
  const probed = probe && 'url' in target ? await probeGateway(target, device, timeoutMs) : undefined;
  const rpc = probe && 'problem' in target ? { ok: false as const, error: target.problem } : probed?.report;
  const { file } = config.logging;
  const note = probeNote(config, target);
  return {
    logFile: file === null ? join(paths.logDir, logFileName(new Date())) : expandHome(file, paths.home),
    service: { loaded: false, loadedText: 'not installed', runtime: runtimeOf(port, probed) },
    config: {
      cli: { path: config.path, exists: config.exists, valid: config.valid, issues: config.issues },
      mismatch: false,
    },
    gateway: {
      bindMode: config.gateway.bind,
      ...bindHost(config),
      port: config.gateway.port,
      portSource: 'env/config',
      ...(url ? { probeUrl: displayUrl(url) } : {}),
      ...(note === undefined ? {} : { probeNote: note }),
    },
    ...(port ? { port } : {}),
    ...(rpc ? { rpc } : {}),
    extraServices: [],
  };
}

/** A target that cannot be had is a finding, unless the command line asked for it. */
function chooseTarget(
  flags: TargetFlags,
  sources: { env: Environment; paths: Paths; config: CliConfig },
): Choice {
  try {
    return resolveTarget(flags, sources);
  } catch (caught) {
    if (flags.url !== undefined) throw caught;
    return { problem: toError(caught).message };
  }
}

/** Undefined when the gateway in question is on another machine, or nobody knows where. */
function portToInspect(target: Choice, { gateway }: CliConfig, env: Environment): number | undefined {
  const isElsewhere = gateway.mode === 'remote' || Boolean(env.PLLAN_GATEWAY_URL?.trim());
  if ('problem' in target) return isElsewhere ? undefined : gateway.port;
  return isThisMachine(target.url) ? portOf(target.url) : undefined;
}

function runtimeOf(port: PortReport | undefined, probe: Probe | undefined): Runtime {
  const pid = probe?.pid ?? port?.listeners.find((listener) => listener.pid !== undefined)?.pid;
  const running: Runtime = { status: 'running', ...(pid === undefined ? {} : { pid }) };
  if (probe?.isGateway) return running;
  if (port?.status === 'free') return { status: 'stopped' };
  if (port?.status === 'busy' && !probe) return running;
  return { status: 'unknown' };
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
