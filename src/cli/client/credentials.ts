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
  const { auth } = config.gateway;
  const token =
    usableSecret(auth.token) ?? usableSecret(env.PLLAN_GATEWAY_TOKEN) ?? ownToken(paths.tokenFile);
  const password = usableSecret(auth.password) ?? usableSecret(env.PLLAN_GATEWAY_PASSWORD);
  if (token === undefined && password === undefined && auth.mode !== 'none') {
    const unresolved = config.warnings.find((warning) => /^gateway\.auth\.(token|password): /.test(warning));
    if (unresolved !== undefined) throw new UserError(unresolved);
  }
  return { token, password };
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
