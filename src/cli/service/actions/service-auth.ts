/**
 * A service must find its credential without this shell: in the config, or in the state directory's `.env` file. What it
 * would not find is saved to the config, never to its definition (cli.md §5, config.md §9.3).
 */
import { randomBytes } from 'node:crypto';
import { readTokenFile, usableSecret } from '../../../shared/auth/secret-sources.js';
import { withDotenv } from '../../../shared/config/environment/dotenv.js';
import { loadConfig, type LoadedConfig } from '../../../shared/config/load.js';
import { describeFailure } from '../../../shared/secrets/failure.js';
import { describeRef } from '../../../shared/secrets/ref.js';
import { resolveRefs } from '../../../shared/secrets/resolve.js';
import type { CommandContext } from '../../command.js';
import { UserError } from '../../user-error.js';
import type { ServiceContext } from '../context.js';
import { saveToConfig } from './save-to-config.js';

type Kind = 'token' | 'password';

/** Gives what was saved, in words. @throws UserError when the gateway would have nothing to check clients with */
export async function ensureServiceAuth(
  command: CommandContext,
  context: ServiceContext,
  given: string | undefined,
): Promise<string[]> {
  const { paths, ownEnv } = context;
  const token = usableSecret(given);
  if (token !== undefined) {
    await saveToConfig(command, ['gateway', 'auth', 'token'], token);
    return ['The token was saved to the config as gateway.auth.token.'];
  }
  // As the service will see it: without the variables of this shell.
  const { env } = withDotenv(
    { HOME: ownEnv.HOME, PLLAN_HOME: ownEnv.PLLAN_HOME },
    paths.stateDir,
    paths.stateDir,
  );
  const loaded = loadConfig({ path: paths.configPath, env, askLoginShell: () => ({}) });
  if (!loaded.ok) throw new UserError('Config invalid');
  const { auth } = loaded.config.gateway;
  const has = async (kind: Kind): Promise<boolean> =>
    usableSecret(auth[kind]) !== undefined ||
    (await hasRef(loaded, kind, context)) ||
    usableSecret(env[`PLLAN_GATEWAY_${kind.toUpperCase()}`]) !== undefined;
  const mode = auth.mode ?? ((await has('password')) ? 'password' : 'token');
  if (mode === 'none') return [];
  const kind = mode === 'token' ? 'token' : 'password';
  if (await has(kind)) return [];
  if (mode === 'trusted-proxy') return [];
  if (mode === 'password')
    throw new UserError('gateway auth mode is password, but no password was configured', [
      `Set gateway.auth.password, or PLLAN_GATEWAY_PASSWORD in ${paths.stateDir}/.env: the service does not see this shell.`,
    ]);
  const fromShell = usableSecret(ownEnv.PLLAN_GATEWAY_TOKEN);
  await saveToConfig(
    command,
    ['gateway', 'auth', 'token'],
    fromShell ?? readTokenFile(paths.tokenFile) ?? randomBytes(24).toString('hex'),
  );
  return [
    fromShell === undefined
      ? 'A gateway token was generated and saved to the config as gateway.auth.token.'
      : 'PLLAN_GATEWAY_TOKEN was saved to the config as gateway.auth.token: the service does not see this shell.',
  ];
}

/** A SecretRef is there. @throws UserError when it leads nowhere, as far as that can be seen without running anything */
async function hasRef(loaded: LoadedConfig, kind: Kind, { paths }: ServiceContext): Promise<boolean> {
  const path = `gateway.auth.${kind}`;
  const placed = loaded.refs.filter((ref) => ref.path === path);
  const [first] = placed;
  if (!first) return false;
  if (first.ref.source === 'exec') return true;
  const { failures } = await resolveRefs(placed, {
    secrets: loaded.config.secrets,
    env: loaded.env,
    home: paths.home,
    signal: new AbortController().signal,
  });
  const [failure] = failures;
  if (!failure) return true;
  throw new UserError(`${path}: ${describeRef(first.ref)} cannot be resolved by the service.`, [
    describeFailure(failure),
    ...(first.ref.source === 'env'
      ? [`Put the variable into ${paths.stateDir}/.env: the service does not see this shell.`]
      : []),
  ]);
}
