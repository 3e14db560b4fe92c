/**
 * With what a provider is asked (runs-and-events.md §13): its own key first, then the auth profiles of the config in
 * their order, and the variable that everyone knows only where there is neither.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { usableSecret } from '../../shared/auth/secret-sources.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import type { ProviderConfig } from '../../shared/config/structures.js';
import type { Credential } from '../../shared/routes.js';
import { configError } from '../start-error.js';

const OWN = 'default';

/** Never empty. @throws StartError for a value that cannot be sent, or an order that names what there is not */
export function credentialsOf(
  provider: string,
  { apiKey, auth }: ProviderConfig,
  config: GatewayConfig['auth'],
  fromEnvironment: string | undefined,
): readonly Credential[] {
  // Whatever such a token is called, it is sent as a bearer.
  const kind = auth === 'oauth' ? 'token' : (auth ?? 'api-key');
  const own = usableSecret(apiKey);
  if (own !== undefined) requireSendable(`models.providers.${provider}.apiKey`, 'authorization', own);
  const found: Credential[] = [
    ...(own === undefined ? [] : [{ id: OWN, secret: own, kind }]),
    ...profilesOf(provider, config),
  ];
  if (found.length > 0) return found;
  if (fromEnvironment !== undefined)
    requireSendable(`models.providers.${provider}.apiKey`, 'authorization', fromEnvironment);
  return [{ id: OWN, secret: fromEnvironment ?? null, kind }];
}

function profilesOf(provider: string, { profiles, order }: GatewayConfig['auth']): Credential[] {
  const asked = order.get(provider);
  const ids = asked ?? [...profiles.keys()].filter((id) => profiles.get(id)?.provider === provider);
  return ids.flatMap((id) => {
    const profile = profiles.get(id);
    if (profile?.provider !== provider)
      throw configError(`auth.order.${provider}: there is no auth profile '${id}' of this provider`);
    if (profile.mode === 'oauth') return [];
    const field = profile.mode === 'token' ? 'token' : 'key';
    const secret = usableSecret(profile[field]);
    if (secret === undefined) return [];
    requireSendable(`auth.profiles.${id}.${field}`, 'authorization', secret);
    return [{ id, secret, kind: profile.mode === 'token' ? 'token' : 'api-key' } as const];
  });
}

/** Says so at start, where every request would fail otherwise; never repeats the value. */
export function requireSendable(path: string, name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw configError(`${path}: cannot be sent as a header (line break or other illegal character)`);
  }
}
