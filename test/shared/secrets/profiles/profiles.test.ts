import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../src/shared/config/load.js';
import { agentFolder, profilesFile } from '../../../../src/shared/secrets/profiles/agent-files.js';
import { gatherProfiles, resolveProfiles } from '../../../../src/shared/secrets/profiles/resolve-profiles.js';
import { parseProfileStore, readProfileStores } from '../../../../src/shared/secrets/profiles/store.js';

const NOW = 1_000_000;
const ref = { source: 'env', provider: 'default', id: 'KEY' };

const store = (profiles: object, version: unknown = 1) =>
  parseProfileStore('main', '/s/auth-profiles.json', JSON.stringify({ version, profiles }));

function loaded(text = '{}') {
  const config = parseConfig(text, { path: '/nowhere', env: {} });
  if (!config.ok) throw new Error(JSON.stringify(config.issues));
  return config;
}

const gather = (profiles: object, config?: string) => gatherProfiles([store(profiles)], loaded(config), NOW);

const at = (id: string, field = 'key') => `agents/main/agent/auth-profiles.json#profiles.${id}.${field}`;

describe('the file of auth profiles', () => {
  it('holds profiles of three types, and what other programs add', () => {
    const { profiles } = store({
      a: { type: 'api_key', provider: 'p', keyRef: ref, email: 'x@y' },
      b: { type: 'token', provider: 'p', token: 't', expires: 5 },
      c: { type: 'oauth', provider: 'p', access: 'x', refresh: 'y', expires: 5 },
      d: { type: 'api_key', provider: 'p' },
    });
    expect([...profiles.keys()]).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    [{ a: { type: 'other', provider: 'p' } }, '/profiles/a/type'],
    [{ a: { type: 'api_key', key: 'k' } }, "at /profiles/a: must have required property 'provider'"],
    [
      { a: { type: 'api_key', provider: 'p', keyRef: { source: 'env' } } },
      'at /profiles/a/keyRef: must be a SecretRef',
    ],
    [{ a: { type: 'api_key', provider: 'p', keyRef: 'KEY' } }, 'at /profiles/a/keyRef'],
    [
      { a: { type: 'token', provider: 'p', token: '__PLLAN_REDACTED__' } },
      'at /profiles/a/token: must not be',
    ],
  ])('is refused with %j', (profiles, message) => {
    expect(() => store(profiles)).toThrow(`/s/auth-profiles.json holds no auth profiles: `);
    expect(() => store(profiles)).toThrow(message);
  });

  it('is refused without a word of what is in it', () => {
    expect(() => parseProfileStore('main', '/f', '{"secret')).toThrow(/^\/f is not valid JSON$/);
    expect(() => store({}, 2)).toThrow('at /version');
  });

  const folder = mkdtempSync(join(tmpdir(), 'pllan-profiles-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (agentId: string): string => {
    const path = profilesFile(agentFolder(folder, agentId));
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };

  it('is read where an agent has one, and where it is a file', () => {
    writeFileSync(file('a'), '{"version":1,"profiles":{}}');
    execFileSync('mkfifo', [file('pipe')]);
    writeFileSync(file('large'), Buffer.alloc(1024 * 1024 + 1, ' '));
    expect(readProfileStores(folder, ['a', 'b']).map(({ agentId }) => agentId)).toEqual(['a']);
    expect(() => readProfileStores(folder, ['pipe'])).toThrow(`${file('pipe')} is not a regular file`);
    expect(() => readProfileStores(folder, ['large'])).toThrow('has more than 1048576 bytes');
  });
});

describe('auth profiles', () => {
  it('need their refs, also those that are written as a variable', () => {
    const { refs, failures, warnings } = gather({
      a: { type: 'api_key', provider: 'p', keyRef: ref },
      b: { type: 'token', provider: 'p', token: '${TOKEN}' },
      c: { type: 'api_key', provider: 'p', key: 'plain' },
    });
    expect(refs.map(({ path, ref: { id }, active, target }) => [path, id, active, target.type])).toEqual([
      [at('a'), 'KEY', true, 'auth-profiles.api_key.key'],
      [at('b', 'token'), 'TOKEN', true, 'auth-profiles.token.token'],
    ]);
    expect({ failures, warnings }).toEqual({ failures: [], warnings: [] });
  });

  it('prefer a ref to a value, in the file or in the config, and say so', () => {
    const both = { a: { type: 'api_key', provider: 'p', key: 'plain', keyRef: ref } };
    const code = 'SECRETS_REF_OVERRIDES_PLAINTEXT';
    expect(gather(both).warnings).toMatchObject([{ code, path: at('a') }]);
    const one = { a: { type: 'api_key', provider: 'p', keyRef: ref } };
    const config = '{auth:{profiles:{a:{provider:"p",mode:"api_key",key:"plain"}}}}';
    expect(gather(one, config).warnings).toMatchObject([{ code }]);
    const values = new Map([[at('a'), 'resolved']]);
    expect(resolveProfiles([store(both)], values, NOW)).toEqual(
      new Map([['main', new Map([['a', { provider: 'p', mode: 'api_key', key: 'resolved' }]])]]),
    );
  });

  it('may have no refs where the config says that they are of oauth', () => {
    const config = '{auth:{profiles:{a:{provider:"p",mode:"oauth"}}}}';
    const { failures } = gather({ a: { type: 'api_key', provider: 'p', keyRef: ref } }, config);
    expect(failures).toMatchObject([{ path: at('a'), message: expect.stringContaining('mode is oauth') }]);
    const inConfig = '{auth:{profiles:{a:{provider:"p",mode:"oauth",key:"${KEY}"}}}}';
    expect(gather({}, inConfig).failures).toMatchObject([{ path: 'auth.profiles.a.key' }]);
    expect(gather({ a: { type: 'oauth', provider: 'p' } }, config).failures).toEqual([]);
  });

  it('whose token has expired are not used, and their refs not asked for', () => {
    const expired = { a: { type: 'token', provider: 'p', tokenRef: ref, expires: NOW } };
    const { refs, warnings } = gather(expired);
    expect(refs).toMatchObject([{ active: false }]);
    expect(warnings).toMatchObject([{ code: 'SECRETS_AUTH_PROFILE_EXPIRED' }]);
    expect(
      resolveProfiles([store(expired)], new Map(), NOW)
        .get('main')
        ?.get('a'),
    ).toEqual({
      provider: 'p',
      mode: 'token',
    });
  });
});
