import { mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LocalSources } from '../../../src/cli/client/credentials.js';
import { connectionDetails, resolveTarget, type TargetFlags } from '../../../src/cli/client/target.js';
import { readCliConfig } from '../../../src/cli/config/cli-config.js';
import type { UserError } from '../../../src/cli/user-error.js';
import { resolvePaths, type Environment } from '../../../src/shared/paths.js';
import { environmentWith } from '../support/cli.js';

const none: TargetFlags = { url: undefined, port: undefined, token: undefined, password: undefined };

function sourcesWith(config: object, extra: Environment = {}): LocalSources {
  const env = { ...environmentWith(config), ...extra };
  const paths = resolvePaths(env);
  return { env, paths, config: readCliConfig(env, paths) };
}

function resolve(flags: Partial<TargetFlags>, config: object = {}, extra: Environment = {}) {
  const { url, source, credentials } = resolveTarget({ ...none, ...flags }, sourcesWith(config, extra));
  return { url: url.href, source, credentials };
}

function storeToken(sources: LocalSources, token: string): void {
  mkdirSync(dirname(sources.paths.tokenFile), { recursive: true });
  writeFileSync(sources.paths.tokenFile, `${token}\n`);
}

describe('the local gateway', () => {
  test('is at the loopback address and the configured port', () => {
    expect(resolve({}, { gateway: { port: 4000 } })).toMatchObject({
      url: 'ws://127.0.0.1:4000/',
      source: 'local loopback',
    });
    expect(resolve({}, {}, { PLLAN_GATEWAY_PORT: '4001' }).url).toBe('ws://127.0.0.1:4001/');
  });

  test.each(['lan', 'tailnet', 'auto'])('with bind=%s also listens on loopback', (bind) => {
    expect(resolve({}, { gateway: { bind } }).url).toBe('ws://127.0.0.1:18789/');
  });

  test('with bind=custom is at its host', () => {
    const custom = (customBindHost: string) => resolve({}, { gateway: { bind: 'custom', customBindHost } });
    expect(custom('127.0.0.2')).toMatchObject({
      url: 'ws://127.0.0.2:18789/',
      source: 'local customBindHost',
    });
    expect(custom('0.0.0.0')).toMatchObject({ url: 'ws://127.0.0.1:18789/', source: 'local loopback' });
  });

  test('with bind=custom on an address of this machine may be asked in the clear', () => {
    const own = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal);
    if (!own) return;
    expect(resolve({}, { gateway: { bind: 'custom', customBindHost: own.address } }).url).toContain(
      own.address,
    );
  });
});

describe('credentials of the local gateway', () => {
  const config = { gateway: { auth: { token: 'from-config' } } };
  const env = { PLLAN_GATEWAY_TOKEN: 'from-env' };

  test('flags win, alone', () => {
    expect(resolve({ password: 'typed' }, config, env).credentials).toEqual({
      token: undefined,
      password: 'typed',
    });
  });

  test('then the config, then the environment', () => {
    expect(resolve({}, config, env).credentials.token).toBe('from-config');
    expect(resolve({}, {}, env).credentials.token).toBe('from-env');
  });

  test('then the token that the gateway made for itself', () => {
    const sources = sourcesWith({});
    storeToken(sources, 'made');
    expect(resolveTarget(none, sources).credentials).toEqual({ token: 'made', password: undefined });
  });

  test('passwords come from the config, then the environment', () => {
    const password = (auth: object) =>
      resolve({}, { gateway: { auth } }, { PLLAN_GATEWAY_PASSWORD: 'env' }).credentials.password;
    expect(password({ password: 'config' })).toBe('config');
    expect(password({})).toBe('env');
  });

  test.each(['', '  ', 'undefined', 'null'])('%j counts as unset', (token) => {
    expect(
      resolve({ token }, { gateway: { auth: { token } } }, { PLLAN_GATEWAY_TOKEN: token }).credentials,
    ).toEqual({
      token: undefined,
      password: undefined,
    });
  });

  test('are trimmed', () => {
    expect(resolve({}, {}, { PLLAN_GATEWAY_TOKEN: ' x \n' }).credentials.token).toBe('x');
  });

  test('a variable that the config names and this process lacks is an error that names the path', () => {
    const unresolved = { gateway: { auth: { token: '${NO_SUCH_VARIABLE}' } } };
    expect(() => resolve({}, unresolved)).toThrow(
      /^gateway\.auth\.token: env provider "default", NO_SUCH_VARIABLE: the environment variable is not set/,
    );
    expect(resolve({}, unresolved, env).credentials.token).toBe('from-env');
    expect(resolve({ token: 'typed' }, unresolved).credentials.token).toBe('typed');
  });
});

describe('another gateway', () => {
  test('--url needs credentials that were typed: none are taken from config or environment', () => {
    const attempt = () =>
      resolve(
        { url: 'ws://127.0.0.1:1' },
        { gateway: { auth: { token: 'c' } } },
        { PLLAN_GATEWAY_TOKEN: 'e' },
      );
    expect(attempt).toThrow('gateway url override requires explicit credentials');
    try {
      attempt();
    } catch (caught) {
      expect((caught as UserError).details).toEqual([
        'Fix: pass --token or --password (or gatewayToken in tools).',
      ]);
    }
  });

  test('--url with credentials', () => {
    expect(resolve({ url: 'wss://example.com', token: '0123' })).toEqual({
      url: 'wss://example.com/',
      source: 'cli --url',
      credentials: { token: '0123', password: undefined },
    });
  });

  test('PLLAN_GATEWAY_URL takes credentials from the environment, never from the config', () => {
    const url = { PLLAN_GATEWAY_URL: 'wss://example.com' };
    expect(resolve({}, {}, { ...url, PLLAN_GATEWAY_PASSWORD: 'p' })).toEqual({
      url: 'wss://example.com/',
      source: 'env PLLAN_GATEWAY_URL',
      credentials: { token: undefined, password: 'p' },
    });
    expect(() => resolve({}, { gateway: { auth: { token: 'c' } } }, url)).toThrow(
      'requires explicit credentials',
    );
  });

  test('--url beats PLLAN_GATEWAY_URL', () => {
    const { url } = resolve(
      { url: 'wss://a.example', token: 't' },
      {},
      { PLLAN_GATEWAY_URL: 'wss://b.example' },
    );
    expect(url).toBe('wss://a.example/');
  });
});

describe('the remote gateway of the config', () => {
  const remote = { url: 'wss://far.example', token: 'remote-token', password: 'remote-password' };
  const gateway = { mode: 'remote', remote, auth: { mode: 'token', token: 'own-token', password: 'own' } };

  test('is asked in remote mode, with its own credentials first', () => {
    expect(resolve({}, { gateway }, { PLLAN_GATEWAY_TOKEN: 'env' })).toEqual({
      url: 'wss://far.example/',
      source: 'config gateway.remote.url',
      credentials: { token: 'remote-token', password: 'remote-password' },
    });
  });

  test('its token may also come from the environment, then from gateway.auth', () => {
    const without = { gateway: { ...gateway, remote: { url: remote.url } } };
    expect(resolve({}, without, { PLLAN_GATEWAY_TOKEN: 'env' }).credentials.token).toBe('env');
    expect(resolve({}, without).credentials).toEqual({ token: 'own-token', password: 'own' });
  });

  test('for its password the environment comes first', () => {
    expect(resolve({}, { gateway }, { PLLAN_GATEWAY_PASSWORD: 'env' }).credentials.password).toBe('env');
  });

  test('what is typed is used alone', () => {
    expect(resolve({ token: 'typed' }, { gateway }).credentials).toEqual({
      token: 'typed',
      password: undefined,
    });
  });

  test('a variable that is missing here is an error that names the path', () => {
    const unresolved = { gateway: { mode: 'remote', remote: { url: remote.url, token: '${NO_SUCH}' } } };
    expect(() => resolve({}, unresolved)).toThrow(/^gateway\.remote\.token: .*NO_SUCH: .* not set/);
  });

  test('without an address is refused', () => {
    expect(() => resolve({}, { gateway: { mode: 'remote' } })).toThrow(
      /^gateway remote mode misconfigured: gateway\.remote\.url missing$/,
    );
  });

  test('in the clear is refused', () => {
    const plain = { gateway: { mode: 'remote', remote: { url: 'ws://203.0.113.5:1', token: 't' } } };
    expect(() => resolve({}, plain)).toThrow('SECURITY ERROR');
  });

  test('its token also opens the local gateway, before the one that that made for itself', () => {
    const sources = sourcesWith({ gateway: { remote: { token: 'remote-token' } } });
    storeToken(sources, 'made');
    expect(resolveTarget(none, sources).credentials.token).toBe('remote-token');
  });
});

describe('--port', () => {
  test('names a gateway on this machine, whatever the config and the environment say', () => {
    const elsewhere = { PLLAN_GATEWAY_URL: 'wss://example.com' };
    const config = { gateway: { mode: 'remote', port: 4000, auth: { token: 'c' } } };
    expect(resolve({ port: 5000 }, config, elsewhere)).toEqual({
      url: 'ws://127.0.0.1:5000/',
      source: 'cli --port',
      credentials: { token: 'c', password: undefined },
    });
  });

  test('cannot be combined with --url', () => {
    expect(() => resolve({ port: 1, url: 'ws://127.0.0.1:2', token: 't' })).toThrow(
      'Cannot combine --url with --port.',
    );
  });
});

test('a token of this device stands in for what was configured, never for what was typed', () => {
  const use = (flags: Partial<TargetFlags>, config: object = {}, env: Environment = {}) =>
    resolveTarget({ ...none, ...flags }, sourcesWith(config, env)).ownToken;
  const remote = { gateway: { mode: 'remote', remote: { url: 'wss://far.example' } } };
  expect([use({}), use({ port: 1 }), use({}, remote)]).toEqual(['used', 'used', 'used']);
  expect([use({ token: 't' }), use({ password: 'p' }), use({ token: 't' }, remote)]).toEqual([
    'kept',
    'kept',
    'kept',
  ]);
  expect(use({ url: 'wss://x.example', token: 't' })).toBe('ignored');
  expect(use({}, {}, { PLLAN_GATEWAY_URL: 'wss://x.example', PLLAN_GATEWAY_TOKEN: 't' })).toBe('ignored');
});

test('connection details name target, source and config, and the bind mode of a local gateway', () => {
  const sources = sourcesWith({});
  expect(connectionDetails(resolveTarget(none, sources), sources)).toEqual([
    'Gateway target: ws://127.0.0.1:18789',
    'Source: local loopback',
    'Config: ~/pllan.json',
    'Bind: loopback',
  ]);
  const remote = resolveTarget({ ...none, url: 'wss://user:pw@example.com/x?token=s', token: 't' }, sources);
  expect(connectionDetails(remote, sources)).toEqual([
    'Gateway target: wss://example.com/x',
    'Source: cli --url',
    'Config: ~/pllan.json',
  ]);
});
