/** Which auth mode and secret are in force, and from where (config.md §9.3). */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { readTokenFile, usableSecret } from '../../shared/auth/secret-sources.js';
import type { LoadedConfig } from '../../shared/config/load.js';
import type { AuthMode } from '../../shared/config/schema.js';
import type { Environment } from '../../shared/paths.js';
import { makePrivateDir, writePrivateFile } from '../../shared/private-file.js';
import { unreachable } from '../../shared/unreachable.js';
import { exitCodes, StartError, systemStep } from '../start-error.js';
import { persistToken, type TokenPlace } from './persist-token.js';
import type { AuthFlags } from './running-config.js';

export type SecretSource = 'flag' | 'config' | 'environment' | 'token file' | 'generated' | 'none';

export interface ResolvedAuth {
  readonly mode: AuthMode;
  /** Undefined when the mode needs none, or none was found. In mode `trusted-proxy` the password of local clients. */
  readonly secret: string | undefined;
  readonly source: SecretSource;
}

/** @throws StartError when token and password are both configured and nothing says which counts */
export function resolveAuth(
  { config, refs }: Pick<LoadedConfig, 'config' | 'refs'>,
  flags: AuthFlags,
  env: Environment,
): ResolvedAuth {
  const configured = config.gateway.auth;
  // A ref that is not resolved, since the other one counts, is configured all the same.
  const isConfigured = (kind: 'token' | 'password'): boolean =>
    usableSecret(configured[kind]) !== undefined || refs.some(({ path }) => path === `gateway.auth.${kind}`);
  const token = firstOf(flags.token, configured.token, env.PLLAN_GATEWAY_TOKEN);
  const password = firstOf(flags.password, configured.password, env.PLLAN_GATEWAY_PASSWORD);
  const chosen = flags.mode ?? configured.mode ?? undefined;
  if (chosen === undefined && isConfigured('token') && isConfigured('password')) {
    throw new StartError(
      'gateway.auth.token and gateway.auth.password are both configured, but gateway.auth.mode is unset. Set gateway.auth.mode to token or password.',
      exitCodes.configuration,
    );
  }
  const mode = chosen ?? (password.secret === undefined ? 'token' : 'password');
  switch (mode) {
    case 'none':
      return { mode, secret: undefined, source: 'none' };
    case 'token':
      return { mode, ...token };
    case 'password':
    case 'trusted-proxy':
      return { mode, ...password };
    default:
      return unreachable(mode);
  }
}

export interface WithToken {
  readonly auth: ResolvedAuth;
  /** With the token, where it could be written. */
  readonly loaded: LoadedConfig;
}

const TOKEN_FILE_REMEDY =
  'Make it a file of this user, or set gateway.auth.token in the config or PLLAN_GATEWAY_TOKEN.';

/**
 * Auth is on by default: a loopback gateway in token mode that has no token gets one. The token of the last
 * run is taken again, so that clients keep working; a new one is also written into an existing config.
 *
 * @throws StartError when the token file cannot be used
 */
export async function ensureToken(
  auth: ResolvedAuth,
  loaded: LoadedConfig,
  place: TokenPlace,
): Promise<WithToken> {
  if (auth.mode !== 'token' || auth.secret !== undefined) return { auth, loaded };
  const { paths, log } = place;
  const step = <T>(what: string, run: () => T): T =>
    systemStep(`token file ${paths.tokenFile} cannot be ${what}`, TOKEN_FILE_REMEDY, run);
  const kept = step('read', () => readTokenFile(paths.tokenFile));
  if (kept !== undefined && !loaded.exists) {
    return { auth: { mode: 'token', secret: kept, source: 'token file' }, loaded };
  }
  const secret = kept ?? randomBytes(24).toString('hex');
  step('written', () => {
    makePrivateDir(dirname(paths.tokenFile));
    writePrivateFile(paths.tokenFile, `${secret}\n`);
  });
  const persisted = loaded.exists ? await persistToken(loaded, secret, place) : undefined;
  if (loaded.exists && !persisted) {
    log.warn(
      'auth.token-not-saved',
      'the generated token could not be written into the config; it is in the token file only',
    );
  }
  log.info('auth.token-generated', 'no gateway token was configured; one was generated', {
    file: paths.tokenFile,
  });
  return { auth: { mode: 'token', secret, source: 'generated' }, loaded: persisted ?? loaded };
}

function firstOf(
  flag: string | undefined,
  config: string | null,
  environment: string | undefined,
): Pick<ResolvedAuth, 'secret' | 'source'> {
  const candidates = [
    { secret: usableSecret(flag), source: 'flag' },
    { secret: usableSecret(config), source: 'config' },
    { secret: usableSecret(environment), source: 'environment' },
  ] as const;
  return candidates.find(({ secret }) => secret !== undefined) ?? { secret: undefined, source: 'none' };
}
