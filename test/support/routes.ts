/** Routes to providers as the primary makes them, for tests below the config. */
import type { Credential, ModelFacts, ProviderRoute } from '../../src/shared/routes.js';
import type { Candidate } from '../../src/workers/threads/model-selection.js';

export function credential(secret: string | null = 'key', over: Partial<Credential> = {}): Credential {
  return { id: 'default', secret, kind: 'api-key', ...over };
}

export function providerRoute(over: Partial<ProviderRoute> = {}): ProviderRoute {
  return {
    id: 'mock',
    api: 'openai-completions',
    baseUrl: 'http://127.0.0.1:1/v1',
    credentials: [credential()],
    authHeader: true,
    headers: {},
    models: {},
    timeouts: { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000 },
    cooldowns: { firstMs: 60_000, maxMs: 3_600_000, authFirstMs: 600_000, authMaxMs: 14_400_000 },
    ...over,
  };
}

export function candidate(facts: ModelFacts = {}, over: Partial<ProviderRoute> = {}): Candidate {
  return { provider: providerRoute(over), model: 'm-1', facts, textOnly: false };
}
