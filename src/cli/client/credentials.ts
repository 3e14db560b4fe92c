/** Where the command line takes its credentials from (config.md §14). Nothing here is ever printed. */
import { readTokenFile, usableSecret } from '../../shared/auth/secret-sources.js';
import type { Environment, Paths } from '../../shared/paths.js';
import { toError } from '../../shared/to-error.js';
import type { CliConfig } from '../config/cli-config.js';
import { UserError } from '../user-error.js';

export interface Credentials {
  readonly token: string | undefined;
  readonly password: string | undefined;
}

/** What becomes of the token that a gateway gives to this device (protocol.md §11.5). */
export type OwnTokenUse =
  /** Kept, and shown where the secret is missing or does not do. */
  | 'used'
  /** Kept for another time. */
  | 'kept'
  | 'ignored';

export interface CredentialFlags {
  readonly token: string | undefined;
  readonly password: string | undefined;
}

/** What was typed, and nothing else. @throws UserError when that is nothing */
export function explicitCredentials(flags: CredentialFlags, env: Environment = {}): Credentials {
  const typed = fromFlags(flags);
  if (typed) return typed;
  const token = usableSecret(env.PLLAN_GATEWAY_TOKEN);
  const password = usableSecret(env.PLLAN_GATEWAY_PASSWORD);
  if (token !== undefined || password !== undefined) return { token, password };
  throw new UserError('gateway url override requires explicit credentials', [
    'Fix: pass --token or --password (or gatewayToken in tools).',
  ]);
}

export interface LocalSources {
  readonly env: Environment;
  readonly paths: Paths;
  readonly config: CliConfig;
}

/**
 * Of the gateway on this machine: flags, config, environment, and the token that it made for itself.
 * None at all is not an error here: a gateway without auth needs none, and any other one says what is missing.
 * @throws UserError when the config names a variable for it that this process does not have
 */
export function localCredentials(flags: CredentialFlags, { env, paths, config }: LocalSources): Credentials {
  const typed = fromFlags(flags);
  if (typed) return typed;
  const { auth, remote } = config.gateway;
  const token =
    usableSecret(auth.token) ??
    usableSecret(env.PLLAN_GATEWAY_TOKEN) ??
    usableSecret(remote.token) ??
    ownToken(paths.tokenFile);
  const password =
    usableSecret(auth.password) ?? usableSecret(env.PLLAN_GATEWAY_PASSWORD) ?? usableSecret(remote.password);
  return auth.mode === 'none' ? { token, password } : resolved({ token, password }, config);
}

/** Of `gateway.remote.url`: flags, then config and environment in the order of config.md §14. @throws UserError */
export function remoteCredentials(flags: CredentialFlags, { env, config }: LocalSources): Credentials {
  const typed = fromFlags(flags);
  if (typed) return typed;
  const { auth, remote } = config.gateway;
  const token =
    usableSecret(remote.token) ?? usableSecret(env.PLLAN_GATEWAY_TOKEN) ?? usableSecret(auth.token);
  const password =
    usableSecret(env.PLLAN_GATEWAY_PASSWORD) ?? usableSecret(remote.password) ?? usableSecret(auth.password);
  return resolved({ token, password }, config);
}

/** Code of the error for a credential whose variable this process does not have. */
export const UNRESOLVED = 'auth_secretref_unresolved';

/** Nobody is asked without a credential only because this process cannot have it. */
function resolved(credentials: Credentials, { warnings, gateway }: CliConfig): Credentials {
  if (credentials.token !== undefined || credentials.password !== undefined) return credentials;
  const [first, ...others] = warnings.filter((warning) =>
    /^gateway\.(?:auth|remote)\.(?:token|password): /.test(warning),
  );
  if (first === undefined) return credentials;
  const needed = warnings.find((warning) => warning.startsWith(`gateway.auth.${gateway.auth.mode}: `));
  throw new UserError(needed ?? first, needed === undefined ? others : [], { code: UNRESOLVED });
}

/** True when the command line itself names a credential: no other one is used then. */
export function hasTypedCredentials(flags: CredentialFlags): boolean {
  return fromFlags(flags) !== undefined;
}

function fromFlags(flags: CredentialFlags): Credentials | undefined {
  const token = usableSecret(flags.token);
  const password = usableSecret(flags.password);
  return token === undefined && password === undefined ? undefined : { token, password };
}

function ownToken(path: string): string | undefined {
  try {
    return readTokenFile(path);
  } catch (caught) {
    throw new UserError(`Cannot read the gateway token: ${toError(caught).message}`);
  }
}
