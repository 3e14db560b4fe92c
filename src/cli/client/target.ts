/** Which gateway a command talks to, and why that one (config.md §14). */
import { displayPath } from '../../shared/paths.js';
import { unreachable } from '../../shared/unreachable.js';
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

export type TargetSource =
  | 'cli --url'
  | 'cli --port'
  | 'env PLLAN_GATEWAY_URL'
  | 'config gateway.remote.url'
  | 'ssh tunnel'
  | 'local loopback'
  | 'local customBindHost';

export interface GatewayTarget {
  readonly url: URL;
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

/** The gateway of `gateway.remote.url`. @throws UserError when there is none */
export function remoteTarget(flags: CredentialFlags, sources: LocalSources): GatewayTarget {
  const { remote } = sources.config.gateway;
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

/** The gateway of this machine. @throws UserError */
export function localTarget(flags: Omit<TargetFlags, 'url'>, sources: LocalSources): GatewayTarget {
  const { host, source } = localHost(sources);
  const { port = sources.config.gateway.port } = flags;
  const url = safeUrl(`${localScheme(sources)}://${host}:${port}`, sources);
  return {
    url,
    trust: localTrust(url, sources),
    source: flags.port === undefined ? source : 'cli --port',
    credentials: localCredentials(flags, sources),
    ownToken: hasTypedCredentials(flags) ? 'kept' : 'used',
  };
}

/** The lines below «not reachable»: what was tried, and where that came from (cli.md §1). */
export function connectionDetails(target: GatewayTarget, { paths, config }: LocalSources): string[] {
  const lines = [
    `Gateway target: ${displayUrl(target.url)}`,
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
function localHost({ config }: LocalSources): { host: string; source: TargetSource } {
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
