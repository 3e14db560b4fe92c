/** Named profiles: where a second gateway of one user keeps its things (config.md §1.1). */
import { resolvePaths, type Environment } from '../shared/paths.js';
import { UserError } from './user-error.js';

/** Port of the dev profile, away from the default one so that both can run. */
const DEV_PORT = '19001';

const grammar = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

export interface ProfileChoice {
  readonly profile: string | undefined;
  readonly dev: boolean;
}

/** As it was written; undefined or empty for none. */
export function profileName(env: Environment, { dev, profile }: ProfileChoice): string | undefined {
  return dev ? 'dev' : (profile ?? env.PLLAN_PROFILE?.trim());
}

/**
 * A copy of the environment in which the profile is in force: variables that are already set stay as they are.
 * @throws UserError for a bad name, and for two profiles at once
 */
export function applyProfile(env: Environment, choice: ProfileChoice): Environment {
  if (choice.dev && choice.profile !== undefined) throw new UserError('Cannot combine --dev with --profile');
  const name = profileName(env, choice);
  if (name === undefined || name === '') return { ...env };
  if (!grammar.test(name))
    throw new UserError('Invalid --profile (use letters, numbers, "_", "-" only)', [
      'It begins with a letter or a number and has 64 characters at most.',
    ]);
  if (name.toLowerCase() === 'default') return { ...env, PLLAN_PROFILE: undefined };

  const paths = resolvePaths({ ...env, PLLAN_PROFILE: name });
  return {
    ...env,
    PLLAN_PROFILE: name,
    PLLAN_STATE_DIR: isSet(env.PLLAN_STATE_DIR) ? env.PLLAN_STATE_DIR : paths.stateDir,
    PLLAN_CONFIG_PATH: isSet(env.PLLAN_CONFIG_PATH) ? env.PLLAN_CONFIG_PATH : paths.configPath,
    ...(choice.dev && !isSet(env.PLLAN_GATEWAY_PORT) ? { PLLAN_GATEWAY_PORT: DEV_PORT } : {}),
  };
}

/** Somebody has chosen a port for this environment: the one of the dev profile is a default. */
export function choosesPort({ PLLAN_GATEWAY_PORT: port, PLLAN_PROFILE: profile }: Environment): boolean {
  return isSet(port) && !(profile === 'dev' && port === DEV_PORT);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}
