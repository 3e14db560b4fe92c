/** What must never appear in a line of the log or in an answer, whatever it looks like: all that the gateway knows of. */
import { isSensitiveName } from '../../shared/config/redact/sensitive.js';
import { configSecrets } from '../../shared/config/redact/value.js';
import type { LoadedConfig } from '../../shared/config/load.js';
import { tableSecrets } from '../../shared/routes.js';
import type { StartPlan } from '../config/start-plan.js';
import type { Activation } from './activation.js';

/** What a config and its environment hold, in use or not: made once for each config. */
export function secretsOfConfig({ resolved, env }: Pick<LoadedConfig, 'resolved' | 'env'>): string[] {
  const variables = Object.entries(env).filter(([name]) => isSensitiveName(name));
  return [...configSecrets(resolved), ...variables.flatMap(([, value]) => value ?? [])];
}

export function secretsInUse(
  { auth, routes, values }: Pick<StartPlan, 'auth' | 'routes'> & Pick<Activation, 'values'>,
  ofConfig: readonly string[],
): string[] {
  const used = [...values.values(), ...tableSecrets(routes), ...ofConfig];
  return auth.secret === undefined ? used : [auth.secret, ...used];
}
