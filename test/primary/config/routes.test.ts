import { describe, expect, it } from 'vitest';
import { buildRoutes, unusedKeys } from '../../../src/primary/config/routes.js';
import type { AgentProfiles } from '../../../src/shared/config/auth-schema.js';
import { parseConfig } from '../../../src/shared/config/load.js';
import { providerFor, tableSecrets, type ProviderRoute } from '../../../src/shared/routes.js';

function routes(
  text: string | undefined,
  { env = {}, model }: { env?: Record<string, string>; model?: string } = {},
) {
  const loaded = parseConfig(text, { path: '/nowhere', env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  return buildRoutes({ config: loaded.config, env, model, version: 1 });
}

const local = `models:{providers:{local:{baseUrl:'http://127.0.0.1:1/v1',models:[{id:'small'},{id:'org/large'}]}}}`;

describe('routes', () => {
  it('answer with echo when nothing is configured', () => {
    const table = routes(undefined);
    expect(table).toMatchObject({
      defaultAgentId: 'main',
      agents: { main: { model: 'echo/echo' } },
      configured: [],
      allowed: ['echo/echo'],
    });
  });

  it('take the first configured model when none was chosen', () => {
    const table = routes(`{${local}}`);
    expect(table.agents.main?.model).toBe('local/small');
    expect(table.configured).toEqual(['local/small', 'local/org/large']);
  });

  it('take the agent’s own model before the default', () => {
    const table = routes(
      `{${local}, agents:{defaults:{model:'local/small'}, list:[{id:'Main'},{id:'deep',default:true,model:{primary:'local/org/large'}}]}}`,
    );
    expect(table.defaultAgentId).toBe('deep');
    expect(table.agents).toMatchObject({
      main: { model: 'local/small' },
      deep: { model: 'local/org/large' },
    });
  });

  it('let requests name only what the allowlist has, and what agents use', () => {
    const table = routes(`{${local}, agents:{defaults:{model:'local/small',models:{'local/org/large':{}}}}}`);
    expect(table.allowed).toEqual(['local/org/large', 'local/small']);
  });

  it('know how much each model can have before it, where the config says', () => {
    const models = `[{id:'a',contextWindow:1000},{id:'b'}]`;
    const { contextWindows } = routes(
      `{models:{providers:{p:{baseUrl:'http://127.0.0.1:1',models:${models}}}}}`,
    );
    expect(contextWindows).toEqual({ 'p/a': 1000 });
  });

  it('know which models take text only, and which one summarizes', () => {
    const models = `[{id:'a'},{id:'b',input:['text','image']},{id:'c',input:['text']}]`;
    const providers = `models:{providers:{p:{baseUrl:'http://127.0.0.1:1',models:${models}}}}`;
    const compaction = `{model:'p/other',keepRecentTokens:100}`;
    const table = routes(`{${providers}, agents:{defaults:{compaction:${compaction}}}}`);
    expect(table.textOnly).toEqual(['p/a', 'p/c']);
    expect(table.compaction).toEqual({ model: 'p/other', keepChars: 400 });
    expect(table.allowed).toContain('p/other');
    expect(routes(undefined).compaction).toEqual({ model: null, keepChars: 80_000 });
  });

  it('use a well-known key only when its provider is asked for', () => {
    const env = { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: 'http://127.0.0.1:2/v1' };
    const unasked = routes(undefined, { env });
    expect(unasked.providers.openai).toBeUndefined();
    expect(unusedKeys(unasked, env)).toEqual(['OPENAI_API_KEY']);
    const asked = routes(undefined, { env, model: 'openai/gpt-x' });
    expect(asked.providers.openai).toMatchObject({
      credentials: [{ secret: 'sk-x' }],
      baseUrl: 'http://127.0.0.1:2/v1',
    });
    expect(asked.agents.main?.model).toBe('openai/gpt-x');
    expect(unusedKeys(asked, env)).toEqual([]);
  });

  it('take a key as its file or variable was meant, without the line break at its end', () => {
    const table = routes(`{models:{providers:{p:{baseUrl:'http://127.0.0.1:1',apiKey:'sk-x\\n'}}}}`);
    expect(table.providers.p?.credentials).toMatchObject([{ secret: 'sk-x' }]);
  });

  it.each([
    [`apiKey:'sk-\\nsecret'`, 'models.providers.p.apiKey'],
    [`apiKey:'sk-sécret→'`, 'models.providers.p.apiKey'],
    [`headers:{'x-one':'a\\r\\nsecret'}`, 'models.providers.p.headers.x-one'],
    [`headers:{'x one':'secret'}`, 'models.providers.p.headers.x one'],
  ])('with %s are refused at their path, without their value', (text, path) => {
    const build = (): unknown => routes(`{models:{providers:{p:{baseUrl:'http://127.0.0.1:1',${text}}}}}`);
    expect(build).toThrow(`${path}: cannot be sent as a header`);
    expect(build).not.toThrow('secret');
  });

  it.each([
    [`{agents:{defaults:{model:'nobody/x'}}}`, {}, 'there is no models.providers.nobody'],
    [`{agents:{defaults:{model:'plain'}}}`, {}, 'not of the form provider/model'],
    [`{agents:{defaults:{model:'openai/x'}}}`, {}, 'OPENAI_API_KEY is not set'],
    [`{models:{providers:{p:{models:[{id:'m'}]}}}}`, {}, 'models.providers.p.baseUrl is missing'],
    [undefined, { model: 'plain' }, '--model'],
  ])('%s is refused', (text, options, message) => {
    expect(() => routes(text, options)).toThrow(message);
  });
});

describe('credentials of agents', () => {
  const table = (text: string, agentProfiles: AgentProfiles, env: Record<string, string> = {}) => {
    const loaded = parseConfig(text, { path: '/nowhere', env });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
    const { config } = loaded;
    const resolved = { ...config, auth: { ...config.auth, agentProfiles } };
    return buildRoutes({ config: resolved, env, model: undefined, version: 1 });
  };
  const profile = (key: string, provider = 'local') => ({ provider, mode: 'api_key', key }) as const;
  const agents = `agents:{list:[{id:'one',default:true},{id:'Two'},{id:'three'}]}`;
  const keysOf = (route: ProviderRoute | undefined) =>
    route?.credentials.map(({ id, secret }) => `${id}=${secret}`);

  it('are those of the default agent for all, and their own for each', () => {
    const routes = table(
      `{${local}, ${agents}, auth:{profiles:{'local:c':{provider:'local',mode:'api_key',key:'c'}}}}`,
      new Map([
        ['one', new Map([['local:a', profile('a')]])],
        [
          'two',
          new Map([
            ['local:a', profile('own')],
            ['local:b', profile('b')],
            ['x:y', profile('z', 'x')],
          ]),
        ],
      ]),
    );
    expect(keysOf(routes.providers.local)).toEqual(['local:c=c', 'local:a=a']);
    expect(keysOf(providerFor('local', 'two', routes))).toEqual(['local:c=c', 'local:a=own', 'local:b=b']);
    expect(providerFor('local', 'three', routes)).toBe(routes.providers.local);
    expect(Object.keys(routes.ownProviders)).toEqual(['two']);
    expect(tableSecrets(routes)).toEqual(expect.arrayContaining(['a', 'own', 'b', 'c']));
  });

  it('are tried in the order of the config, of which each has what it has', () => {
    const routes = table(
      `{${local}, ${agents}, auth:{order:{local:['local:b','local:a']}}}`,
      new Map([
        ['one', new Map([['local:a', profile('a')]])],
        ['two', new Map([['local:b', profile('b')]])],
      ]),
    );
    expect(keysOf(routes.providers.local)).toEqual(['local:a=a']);
    expect(keysOf(providerFor('local', 'two', routes))).toEqual(['local:b=b', 'local:a=a']);
    expect(() => table(`{${local}, auth:{order:{local:['none']}}}`, new Map())).toThrow(
      "auth.order.local: there is no auth profile 'none' of this provider",
    );
  });

  it('are not hidden by profiles that hold none', () => {
    const routes = table(
      `{${local}, auth:{profiles:{'local:c':{provider:'local',mode:'api_key',key:'c'}}}}`,
      new Map([['main', new Map([['local:c', { provider: 'local', mode: 'oauth' } as const]])]]),
    );
    expect(keysOf(routes.providers.local)).toEqual(['local:c=c']);
  });

  it('make a provider that everyone knows one that can be asked', () => {
    const routes = table(
      `{agents:{defaults:{model:'openai/gpt-4.1'}}}`,
      new Map([['main', new Map([['openai:default', profile('k', 'openai')]])]]),
    );
    expect(keysOf(routes.providers.openai)).toEqual(['openai:default=k']);
  });
});
