/** Which gateway a command talks to, and why that one (config.md §14). */
import { displayPath } from '../../shared/paths.js';
import { unreachable } from '../../shared/unreachable.js';
import { UserError } from '../user-error.js';
import {
  explicitCredentials,
  localCredentials,
  type CredentialFlags,
  type Credentials,
  type LocalSources,
} from './credentials.js';
import { displayUrl, parseGatewayUrl, requireSafeTransport } from './gateway-url.js';

export type TargetSource = 'cli --url' | 'env PLLAN_GATEWAY_URL' | 'local loopback' | 'local customBindHost';

export interface GatewayTarget {
  readonly url: URL;
  readonly source: TargetSource;
  readonly credentials: Credentials;
}

export interface TargetFlags extends CredentialFlags {
  readonly url: string | undefined;
}

/** @throws UserError */
export function resolveTarget(flags: TargetFlags, sources: LocalSources): GatewayTarget {
  const { env, config } = sources;
  const fromEnv = env.PLLAN_GATEWAY_URL?.trim();
  if (flags.url !== undefined) {
    const url = safeUrl(flags.url, sources);
    return { url, source: 'cli --url', credentials: explicitCredentials(flags) };
  }
  if (fromEnv) {
    const url = safeUrl(fromEnv, sources);
    return { url, source: 'env PLLAN_GATEWAY_URL', credentials: explicitCredentials(flags, env) };
  }
  if (config.gateway.mode === 'remote') {
    throw new UserError('gateway remote mode misconfigured: gateway.remote.url missing');
  }
  const { host, source } = localHost(sources);
  const url = safeUrl(`ws://${host}:${config.gateway.port}`, sources);
  return { url, source, credentials: localCredentials(flags, sources) };
}

/** The lines below «not reachable»: what was tried, and where that came from (cli.md §1). */
export function connectionDetails(target: GatewayTarget, { paths, config }: LocalSources): string[] {
  const lines = [
    `Gateway target: ${displayUrl(target.url)}`,
    `Source: ${target.source}`,
    `Config: ${displayPath(config.path, paths.home)}`,
  ];
  return target.source.startsWith('local') ? [...lines, `Bind: ${config.gateway.bind}`] : lines;
}

function safeUrl(text: string, { env }: LocalSources): URL {
  const url = parseGatewayUrl(text);
  requireSafeTransport(url, env);
  return url;
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
