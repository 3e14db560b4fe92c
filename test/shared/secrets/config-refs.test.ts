import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/shared/config/load.js';
import { redactConfig } from '../../../src/shared/config/redact/value.js';
import { withSecrets } from '../../../src/shared/secrets/with-secrets.js';

const parse = (config: object, env: Record<string, string> = {}) =>
  parseConfig(JSON.stringify(config), { path: '/nowhere', env });

function valid(config: object, env?: Record<string, string>) {
  const loaded = parse(config, env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  return loaded;
}

function issues(config: object): readonly unknown[] {
  const loaded = parse(config);
  return loaded.ok ? [] : loaded.issues;
}

const file = (id: string) => ({ source: 'file', provider: 'main', id });

describe('a config with refs', () => {
  const config = {
    gateway: { auth: { token: '${TOKEN}', password: file('/password') } },
    models: {
      providers: {
        'open.ai': {
          baseUrl: 'http://x',
          apiKey: file('/key'),
          headers: { 'x-a.b': '$HEADER', 'x-c': 'plain' },
        },
      },
    },
  };

  it('has nothing in their places, and names them with their owners', () => {
    const { config: loaded, refs, warnings } = valid(config, { TOKEN: 'not looked at' });
    expect(loaded.gateway.auth).toMatchObject({ token: null, password: null });
    expect(loaded.models.providers.get('open.ai')).toEqual({
      baseUrl: 'http://x',
      headers: { 'x-c': 'plain' },
    });
    expect(refs.map(({ path, target, ownerId, ref }) => [path, target.owner, ownerId, ref.id])).toEqual([
      ['models.providers["open.ai"].apiKey', 'model-provider', 'open.ai', '/key'],
      ['models.providers["open.ai"].headers["x-a.b"]', 'model-provider', 'open.ai', 'HEADER'],
      ['gateway.auth.token', 'gateway-auth', '', 'TOKEN'],
      ['gateway.auth.password', 'gateway-auth', '', '/password'],
    ]);
    expect(warnings).toEqual([]);
  });

  it('gets values in their places as a new config', () => {
    const { config: loaded, refs } = valid(config);
    const values = new Map([
      ['gateway.auth.token', 'the ${TOKEN} itself'],
      ['models.providers["open.ai"].apiKey', 'key'],
      ['models.providers["open.ai"].headers["x-a.b"]', 'header'],
    ]);
    const resolved = withSecrets(loaded, refs, values);
    expect(resolved.gateway.auth).toMatchObject({ token: 'the ${TOKEN} itself', password: null });
    expect(resolved.models.providers.get('open.ai')).toMatchObject({
      apiKey: 'key',
      headers: { 'x-a.b': 'header', 'x-c': 'plain' },
    });
    expect(loaded.gateway.auth.token).toBeNull();
    expect(loaded.models.providers.get('open.ai')).not.toHaveProperty('apiKey');
  });

  it('is shown as it is written, whatever the variables are', () => {
    const { resolved, written } = valid(config, { TOKEN: 'the-value', HEADER: 'the-value' });
    const shown = redactConfig(resolved, written);
    expect(shown).toMatchObject({
      gateway: { auth: { token: '${TOKEN}', password: file('/password') } },
      models: { providers: { 'open.ai': { apiKey: file('/key'), headers: { 'x-a.b': '$HEADER' } } } },
    });
    expect(JSON.stringify([resolved, shown])).not.toContain('the-value');
  });

  it('has them for MCP servers and embeddings, too', () => {
    const more = {
      mcp: {
        servers: {
          a: { command: 'x', env: { KEY: file('/a'), PLAIN: 'x' } },
          b: { url: 'http://x', headers: { k: '$B' } },
        },
      },
      memory: { search: { provider: 'openai', model: 'm', remote: { apiKey: '${M}' } } },
      agents: { list: [{ id: 'one' }, { id: 'two', memory: { search: { remote: { apiKey: '${TWO}' } } } }] },
    };
    const { config: loaded, refs } = valid(more);
    const values = new Map(refs.map(({ path }) => [path, `value of ${path}`]));
    expect([...values.keys()].toSorted()).toEqual([
      'agents.list[1].memory.search.remote.apiKey',
      'mcp.servers.a.env.KEY',
      'mcp.servers.b.headers.k',
      'memory.search.remote.apiKey',
    ]);
    const { mcp, memory, agents } = withSecrets(loaded, refs, values);
    expect(JSON.stringify([[...mcp.servers], memory, agents.list])).toBe(
      JSON.stringify([
        [
          ['a', { command: 'x', env: { PLAIN: 'x', KEY: 'value of mcp.servers.a.env.KEY' } }],
          ['b', { url: 'http://x', headers: { k: 'value of mcp.servers.b.headers.k' } }],
        ],
        {
          search: {
            provider: 'openai',
            model: 'm',
            remote: { apiKey: 'value of memory.search.remote.apiKey' },
          },
        },
        [
          { id: 'one' },
          {
            id: 'two',
            memory: { search: { remote: { apiKey: 'value of agents.list[1].memory.search.remote.apiKey' } } },
          },
        ],
      ]),
    );
  });

  it('takes the alias of a source from secrets.defaults', () => {
    const { refs } = valid({
      secrets: { defaults: { env: 'mine', file: 'other' } },
      gateway: { auth: { token: '${T}', password: { source: 'file', id: '/p' } } },
    });
    expect(refs.map(({ ref }) => ref.provider)).toEqual(['mine', 'other']);
  });

  it('still puts variables into text that is more than a ref, and everywhere else', () => {
    const { config: loaded } = valid(
      { gateway: { auth: { token: 'x-${TOKEN}' } }, logging: { file: '${DIR}/log' } },
      { TOKEN: 't', DIR: '/d' },
    );
    expect(loaded.gateway.auth.token).toBe('x-t');
    expect(loaded.logging.file).toBe('/d/log');
  });

  it('is invalid where a ref stands on a path that takes none', () => {
    expect(issues({ gateway: { customBindHost: file('/x') } })).toEqual([
      { path: 'gateway.customBindHost', message: expect.any(String) },
    ]);
    expect(issues({ models: { providers: { a: { baseUrl: file('/x') } } } })).toEqual([
      { path: 'models.providers.a.baseUrl', message: expect.any(String) },
    ]);
  });

  it('is invalid where a section is unknown, ref or not', () => {
    const request = { auth: { token: file('/x') } };
    expect(issues({ models: { providers: { a: { baseUrl: 'http://x', request } } } })).toEqual([
      { path: 'models.providers.a.request', message: expect.stringMatching(/^unknown key/) },
    ]);
  });

  it('may have one also where a value must have a form of its own', () => {
    expect(valid({ gateway: { store: { url: file('/x') } } }).refs).toHaveLength(1);
  });

  it('says once what is wrong with a ref', () => {
    expect(issues({ gateway: { auth: { token: { source: 'file', id: 'x' } } } })).toEqual([
      {
        path: 'gateway.auth.token',
        message: 'id must be a JSON pointer such as "/providers/openai", or "value"',
      },
    ]);
  });
});

describe('secrets of a config', () => {
  it('have defaults', () => {
    const { secrets } = valid({
      secrets: {
        providers: { one: { source: 'file', path: '~/x' }, two: { source: 'exec', command: '/bin/x' } },
      },
    }).config;
    expect(secrets).toEqual({
      providers: {
        one: { source: 'file', path: '~/x', mode: 'json', timeoutMs: 5_000, maxBytes: 1_048_576 },
        two: {
          source: 'exec',
          command: '/bin/x',
          args: [],
          passEnv: [],
          env: {},
          timeoutMs: 5_000,
          noOutputTimeoutMs: 5_000,
          maxOutputBytes: 1_048_576,
          jsonOnly: true,
        },
      },
      defaults: {},
      resolution: { maxProviderConcurrency: 4, maxRefsPerProvider: 512, maxBatchBytes: 262_144 },
    });
    expect(valid({}).config.secrets.providers).toEqual({});
  });

  it.each([
    [{ source: 'file', path: 'relative' }, 'path', 'must be an absolute path'],
    [{ source: 'exec', command: '~/x' }, 'command', 'must be an absolute path'],
    [{ source: 'exec', command: '/x', timeoutMs: 0 }, 'timeoutMs', 'must be >= 1'],
    [
      { source: 'exec', command: '/x', allowSymlinkCommand: true },
      'allowSymlinkCommand',
      'must be left out: this check cannot be switched off',
    ],
    [
      { source: 'file', path: '/x', allowInsecurePath: true },
      'allowInsecurePath',
      'must be left out: this check cannot be switched off',
    ],
  ])('refuse %j', (provider, key, message) => {
    expect(issues({ secrets: { providers: { x: provider } } })).toEqual([
      { path: `secrets.providers.x.${key}`, message },
    ]);
  });
});
