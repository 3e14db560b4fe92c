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
  { apiKey, auth }: Pick<ProviderConfig, 'apiKey' | 'auth'>,
  profiles: Profiles,
  fromEnvironment: string | undefined,
): readonly Credential[] {
  // Whatever such a token is called, it is sent as a bearer.
  const kind = auth === 'oauth' ? 'token' : (auth ?? 'api-key');
  const own = usableSecret(apiKey);
  if (own !== undefined) requireSendable(`models.providers.${provider}.apiKey`, 'authorization', own);
  const found: Credential[] = [
    ...(own === undefined ? [] : [{ id: OWN, secret: own, kind }]),
    ...profilesOf(provider, profiles),
  ];
  if (found.length > 0) return found;
  if (fromEnvironment !== undefined)
    requireSendable(`models.providers.${provider}.apiKey`, 'authorization', fromEnvironment);
  return [{ id: OWN, secret: fromEnvironment ?? null, kind }];
}

/** Profiles that an agent may use, and in which order. */
interface Profiles extends Pick<GatewayConfig['auth'], 'profiles' | 'order'> {
  /** Whether another agent has one. */
  isOthers(id: string, provider: string): boolean;
}

/**
 * Those of the config, those of the default agent, which are for all, and its own: of two with one id the later one that
 * holds a credential.
 */
export function profilesFor(
  agentId: string,
  defaultAgentId: string,
  { profiles, order, agentProfiles }: GatewayConfig['auth'],
): Profiles {
  const own = [...new Set([defaultAgentId, agentId])].flatMap((id) => [...(agentProfiles.get(id) ?? [])]);
  const merged = new Map(profiles);
  for (const [id, profile] of own)
    if (!merged.has(id) || profile.key !== undefined || profile.token !== undefined) merged.set(id, profile);
  return {
    profiles: merged,
    order,
    isOthers: (id, provider) =>
      [...agentProfiles.values()].some((others) => others.get(id)?.provider === provider),
  };
}

function profilesOf(provider: string, { profiles, order, isOthers }: Profiles): Credential[] {
  const asked = order.get(provider);
  const ids = asked ?? [...profiles.keys()].filter((id) => profiles.get(id)?.provider === provider);
  return ids.flatMap((id) => {
    const profile = profiles.get(id);
    if (profile?.provider !== provider) {
      if (isOthers(id, provider)) return [];
      throw configError(`auth.order.${provider}: there is no auth profile '${id}' of this provider`);
    }
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
