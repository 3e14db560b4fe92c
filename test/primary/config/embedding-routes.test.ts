import { describe, expect, it } from 'vitest';
import { buildRoutes } from '../../../src/primary/config/routes.js';
import { parseConfig } from '../../../src/shared/config/load.js';
import type { RouteTable } from '../../../src/shared/routes.js';

const local = { baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'local-key-0000' };

function routes(config: object, env: Record<string, string> = {}): RouteTable {
  const text = JSON.stringify({ models: { providers: { local } }, ...config });
  const loaded = parseConfig(text, { path: '/nowhere', env });
  if (!loaded.ok) throw new Error(loaded.issues.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return buildRoutes({ config: loaded.config, env, model: undefined, version: 1 });
}

const search = (settings: object): object => ({ memory: { search: settings } });

describe('embeddings', () => {
  it('are nobody’s where the config says nothing of them', () => {
    expect(routes({}).embeddings).toEqual({});
    expect(routes({ memory: { citations: 'auto' } }).embeddings).toEqual({});
    expect(routes({ ...search({ sources: ['memory'] }) }).embeddings).toEqual({});
  });

  it.each([
    [
      { provider: 'local', model: 'e' },
      { ref: 'local/e', provider: 'local', model: 'e' },
    ],
    [{ model: 'local/org/e' }, { ref: 'local/org/e', provider: 'local', model: 'org/e' }],
  ])('%o is %o', (settings, route) => {
    expect(routes(search(settings)).embeddings).toEqual({ main: route });
  });

  it('have a provider that everyone knows, where its key is', () => {
    const table = routes(search({ provider: 'openai' }), { OPENAI_API_KEY: 'sk-env-000000' });
    expect(table.embeddings.main?.ref).toBe('openai/text-embedding-3-small');
    expect(table.providers.openai).toMatchObject({ baseUrl: 'https://api.openai.com/v1' });
  });

  it('have an address of their own, which no completion can be sent to', () => {
    const remote = { baseUrl: 'https://e.example/v1', apiKey: 'remote-key-0000' };
    const table = routes(search({ model: 'BAAI/bge-m3', remote }), { OPENAI_API_KEY: 'sk-env-000000' });
    expect(table.embeddings.main).toMatchObject({ ref: 'remote/BAAI/bge-m3', model: 'BAAI/bge-m3' });
    const { provider = '' } = table.embeddings.main ?? {};
    expect(table.providers[provider]).toMatchObject({
      id: 'remote',
      baseUrl: remote.baseUrl,
      credentials: [{ secret: remote.apiKey }],
    });
    expect(table.allowed).not.toContain('remote/BAAI/bge-m3');
    expect(provider).toContain(' ');
  });

  it('have the address of their provider with a key of their own', () => {
    const table = routes(search({ provider: 'local', model: 'e', remote: { apiKey: 'other-key-0000' } }));
    const { provider = '' } = table.embeddings.main ?? {};
    expect(table.providers[provider]).toMatchObject({
      baseUrl: local.baseUrl,
      credentials: [{ secret: 'other-key-0000' }],
    });
    expect(table.providers.local?.credentials).toMatchObject([{ secret: local.apiKey }]);
  });

  it('are those of an agent before those of all', () => {
    const own = (id: string, settings: object): object => ({ id, ...search(settings) });
    const table = routes({
      ...search({ provider: 'local', model: 'e', remote: { apiKey: 'other-key-0000' } }),
      agents: {
        list: [
          { id: 'main' },
          own('Model', { model: 'f' }),
          own('provider', { provider: 'openai', remote: { apiKey: 'own-key-0000' } }),
        ],
      },
    });
    const { main, model, provider } = table.embeddings;
    expect([main?.ref, model?.ref, provider?.ref]).toEqual([
      'local/e',
      'local/f',
      'openai/text-embedding-3-small',
    ]);
    const keyOf = (route = main): unknown => table.providers[route?.provider ?? '']?.credentials[0]?.secret;
    expect([keyOf(main), keyOf(model), keyOf(provider)]).toEqual([
      'other-key-0000',
      'other-key-0000',
      'own-key-0000',
    ]);
  });

  it.each([
    [{ provider: 'nowhere', model: 'm' }, 'memory.search: there is no models.providers.nowhere'],
    [{ provider: 'local' }, 'memory.search.model is missing'],
    [{ model: 'm' }, 'memory.search.provider is missing'],
    [{ provider: 'Not one', model: 'm' }, "'Not one/m' is not of the form provider/model"],
    [{ provider: 'echo', model: 'echo' }, 'memory.search: models.providers.echo has no API for embeddings'],
    [{ provider: 'openai' }, 'provider openai was asked for, but OPENAI_API_KEY is not set'],
    [{ provider: 'local', model: 5 }, 'memory.search.model: must be string'],
    [{ remote: { baseUrl: 'ftp://x' } }, 'memory.search.remote.baseUrl: '],
  ])('cannot be made with %o', (settings, message) => {
    expect(() => routes(search(settings))).toThrow(message);
  });
});
