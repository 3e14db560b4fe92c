/** Which gateway a command talks to, and why that one (config.md §14). */
import { liveOwner } from '../../shared/instance-lock.js';
import { displayPath } from '../../shared/paths.js';
import { unreachable } from '../../shared/unreachable.js';
import { choosesPort } from '../profile.js';
import { UserError } from '../user-error.js';
import {
  explicitCredentials,
  hasTypedCredentials,
  localCredentials,
  remoteCredentials,
  type CredentialFlags,
  type Credentials,
  type LocalSources,
  type OwnTokenUse,
} from './credentials.js';
import { localTrust, remoteTrust, type TlsTrust } from './tls-trust.js';
import { displayUrl, parseGatewayUrl, requireSafeTransport } from './gateway-url.js';
import { parseSshTarget, type SshTarget } from './ssh-tunnel.js';

export type TargetSource =
  | 'cli --url'
  | 'cli --port'
  | 'env PLLAN_GATEWAY_URL'
  | 'config gateway.remote.url'
  | 'config gateway.remote.sshTarget'
  | 'ssh tunnel'
  | 'local loopback'
  | 'local customBindHost';

export interface GatewayTarget {
  readonly url: URL;
  /** A tunnel through which that machine is reached. */
  readonly ssh?: SshTarget;
  /** Of its certificate, beside what the system trusts. */
  readonly trust: TlsTrust | undefined;
  readonly source: TargetSource;
  readonly credentials: Credentials;
  /** Of the configured gateway it is kept; it stands in for what was configured, never for what was typed. */
  readonly ownToken: OwnTokenUse;
}

export interface TargetFlags extends CredentialFlags {
  readonly url: string | undefined;
  /** Of a gateway on this machine. */
  readonly port: number | undefined;
}

/** @throws UserError */
export function resolveTarget(flags: TargetFlags, sources: LocalSources): GatewayTarget {
  const { env, config } = sources;
  const fromEnv = env.PLLAN_GATEWAY_URL?.trim();
  if (flags.url !== undefined) {
    if (flags.port !== undefined) throw new UserError('Cannot combine --url with --port.');
    return explicitTarget(flags.url, flags, sources);
  }
  if (flags.port !== undefined) return localTarget(flags, sources);
  if (fromEnv) {
    const url = safeUrl(fromEnv, sources);
    const credentials = explicitCredentials(flags, env);
    return {
      url,
      trust: localTrust(url, sources),
      source: 'env PLLAN_GATEWAY_URL',
      credentials,
      ownToken: 'ignored',
    };
  }
  return config.gateway.mode === 'remote' ? remoteTarget(flags, sources) : localTarget(flags, sources);
}

/** What `--url` names. @throws UserError */
export function explicitTarget(text: string, flags: CredentialFlags, sources: LocalSources): GatewayTarget {
  const url = safeUrl(text, sources);
  return {
    url,
    trust: localTrust(url, sources),
    source: 'cli --url',
    credentials: explicitCredentials(flags),
    ownToken: 'ignored',
  };
}

/** The gateway of `gateway.remote`. @throws UserError when there is none */
export function remoteTarget(flags: CredentialFlags, sources: LocalSources): GatewayTarget {
  const { remote } = sources.config.gateway;
  if (remote.transport === 'ssh') return tunnelTarget(flags, sources);
  if (remote.url === null || remote.url.trim() === '') {
    throw new UserError('gateway remote mode misconfigured: gateway.remote.url missing');
  }
  return {
    url: safeUrl(remote.url, sources),
    trust: remoteTrust(sources),
    source: 'config gateway.remote.url',
    credentials: remoteCredentials(flags, sources),
    ownToken: hasTypedCredentials(flags) ? 'kept' : 'used',
  };
}

/** It listens on its machine's loopback address only; what is said to it is encrypted by ssh. */
function tunnelTarget(flags: CredentialFlags, sources: LocalSources): GatewayTarget {
  const { sshTarget, sshIdentity, remotePort } = sources.config.gateway.remote;
  const problem = 'gateway remote mode misconfigured: gateway.remote.sshTarget';
  if (sshTarget === null || sshTarget.trim() === '') throw new UserError(`${problem} missing`);
  const place = parseSshTarget(sshTarget);
  if (!place) throw new UserError(`${problem} must be user@host or user@host:port`);
  const ssh = { ...place, identity: sshIdentity ?? undefined, remotePort, env: sources.env };
  return {
    url: behindSsh(ssh, sources),
    ssh,
    trust: remoteTrust(sources),
    source: 'config gateway.remote.sshTarget',
    credentials: remoteCredentials(flags, sources),
    ownToken: hasTypedCredentials(flags) ? 'kept' : 'used',
  };
}

/** Where the gateway is, as it would be named from the other machine's network. */
export function behindSsh({ host, remotePort }: SshTarget, { config }: LocalSources): URL {
  const scheme = config.gateway.remote.url?.trim().startsWith('wss:') ? 'wss' : 'ws';
  const machine = host.slice(host.lastIndexOf('@') + 1);
  return new URL(`${scheme}://${machine.includes(':') ? `[${machine}]` : machine}:${remotePort}`);
}

/** The gateway of this machine. @throws UserError */
export function localTarget(flags: Omit<TargetFlags, 'url'>, sources: LocalSources): GatewayTarget {
  const { host, source } = localHost(sources);
  const url = safeUrl(`${localScheme(sources)}://${host}:${flags.port ?? localPort(sources)}`, sources);
  return {
    url,
    trust: localTrust(url, sources),
    source: flags.port === undefined ? source : 'cli --port',
    credentials: localCredentials(flags, sources),
    ownToken: hasTypedCredentials(flags) ? 'kept' : 'used',
  };
}

/**
 * Where the gateway of this state directory listens. One that runs may have been given another port than the config says,
 * and there another instance may be.
 */
export function localPort({ env, paths, config }: LocalSources): number {
  return runningPort({ env, paths }) ?? config.gateway.port;
}

/** Undefined when none runs with this config, and where another port was chosen. */
export function runningPort({ env, paths }: Pick<LocalSources, 'env' | 'paths'>): number | undefined {
  if (choosesPort(env)) return undefined;
  const owner = liveOwner(paths.stateDir);
  return owner?.configPath === paths.configPath ? owner.port : undefined;
}

/** The lines below «not reachable»: what was tried, and where that came from (cli.md §1). */
export function connectionDetails(target: GatewayTarget, { paths, config }: LocalSources): string[] {
  const lines = [
    `Gateway target: ${displayUrl(target.url)}`,
    ...(target.ssh ? [`SSH tunnel: ${target.ssh.host}`] : []),
    `Source: ${target.source}`,
    `Config: ${displayPath(config.path, paths.home)}`,
  ];
  return isLocal(target) ? [...lines, `Bind: ${config.gateway.bind}`] : lines;
}

/** Chosen as the gateway of this machine. */
export function isLocal({ source }: GatewayTarget): boolean {
  return source.startsWith('local') || source === 'cli --port';
}

function safeUrl(text: string, { env }: LocalSources): URL {
  const url = parseGatewayUrl(text);
  requireSafeTransport(url, env);
  return url;
}

/** What this machine's gateway speaks. */
export function localScheme({ config }: Pick<LocalSources, 'config'>): 'ws' | 'wss' {
  return config.gateway.tls.enabled ? 'wss' : 'ws';
}

/** Every mode but `custom` listens on loopback as well (config.md §9.2). */
export function localHost({ config }: Pick<LocalSources, 'config'>): { host: string; source: TargetSource } {
  const { bind, customBindHost } = config.gateway;
  switch (bind) {
    case 'custom':
      return customBindHost === null || customBindHost === '0.0.0.0'
        ? { host: '127.0.0.1', source: 'local loopback' }
        : { host: customBindHost, source: 'local customBindHost' };
    case 'loopback':
    case 'lan':
    case 'tailnet':
    case 'auto':
      return { host: '127.0.0.1', source: 'local loopback' };
    default:
      return unreachable(bind);
  }
}
