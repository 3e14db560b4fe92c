import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { secretCommand, secretFile } from '../../../shared/secrets/support.js';
import { envRef, installation, keyTarget, planOf, profileTarget, SECRET } from './support.js';

const provider = { baseUrl: 'http://127.0.0.1:1/v1' };
const config = { models: { providers: { openai: { ...provider, apiKey: SECRET } } } };
const variables = { OPENAI_API_KEY: SECRET };

describe('pllan secrets apply', () => {
  it('puts refs in the place of values and keeps everything else of the file', async () => {
    const text = `// mine\n{\n  models: {\n    providers: {\n      // the usual one\n      openai: { apiKey: '${SECRET}', baseUrl: 'http://127.0.0.1:1/v1' }, // as it is\n    },\n  },\n}\n`;
    const { apply, read, path } = installation(text, variables);
    chmodSync(path('pllan.json'), 0o644);
    const { exitCode, stdout } = await apply(planOf(keyTarget()));
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `Secrets applied. Updated 1 file(s).\n- ${path('pllan.json')}\n`,
    });
    const after = read('pllan.json');
    for (const kept of [
      '// mine\n{',
      '      // the usual one\n',
      "baseUrl: 'http://127.0.0.1:1/v1' }, // as it is",
    ])
      expect(after).toContain(kept);
    expect(after).toContain('id: "OPENAI_API_KEY"');
    expect(after).not.toContain(SECRET);
    expect(statSync(path('pllan.json')).mode & 0o777).toBe(0o600);
  });

  it('keeps no copy of what was there', async () => {
    const { apply, files } = installation(config, variables);
    await apply(planOf(keyTarget()));
    expect(Object.keys(files())).toEqual(['pllan.json']);
    expect(JSON.stringify(files())).not.toContain(SECRET);
  });

  it('tells of former configs that still hold a value', async () => {
    const { apply, write } = installation(config, variables);
    write('pllan.json.bak', config);
    write('pllan.json.last-good', {});
    const { stdout, stderr } = await apply(planOf(keyTarget()), '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      warningCount: 1,
      warnings: [{ code: 'SECRETS_PLAINTEXT_IN_BACKUP' }],
    });
    expect(stderr).toBe('');
    expect(stdout).not.toContain(SECRET);
  });

  it('reports as programs read it, and says the second time that nothing changes', async () => {
    const { apply, path } = installation(config, variables);
    const { stdout } = await apply(planOf(keyTarget(), profileTarget()), '--json');
    expect(JSON.parse(stdout)).toEqual({
      mode: 'write',
      changed: true,
      changedFiles: [path('pllan.json'), path('agents', 'main', 'agent', 'auth-profiles.json')],
      checks: { resolvability: true, resolvabilityComplete: true },
      refsChecked: 2,
      skippedExecRefs: 0,
      warningCount: 0,
      warnings: [],
    });
    expect((await apply(planOf(keyTarget(), profileTarget()))).stdout).toBe('Secrets apply: no changes.\n');
  });

  it('only says what it would do in a dry run', async () => {
    const { apply, files } = installation(config, variables);
    const before = files();
    const { exitCode, stdout } = await apply(planOf(keyTarget(), profileTarget()), '--dry-run');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')[0]).toBe('Secrets apply dry run: 2 file(s) would change.');
    expect(files()).toEqual(before);
    const report = JSON.parse((await apply(planOf(keyTarget()), '--dry-run', '--json')).stdout) as object;
    expect(report).toMatchObject({ mode: 'dry-run', changed: true });
  });

  it('makes a profile with a ref, and none with a value', async () => {
    const { apply, read, path } = installation({}, { OPENAI_API_KEY: SECRET, T: 'a-token' });
    const token = {
      type: 'auth-profiles.token.token',
      path: 'profiles.a.b:t.token',
      pathSegments: ['profiles', 'a.b:t', 'token'],
      agentId: 'Main',
      authProfileProvider: 'anthropic',
      ref: envRef('T'),
    };
    expect((await apply(planOf(profileTarget(), token))).exitCode).toBe(0);
    const file = 'agents/main/agent/auth-profiles.json';
    expect(JSON.parse(read(file))).toEqual({
      version: 1,
      profiles: {
        'openai:default': { type: 'api_key', provider: 'openai', keyRef: envRef('OPENAI_API_KEY') },
        'a.b:t': { type: 'token', provider: 'anthropic', tokenRef: envRef('T') },
      },
    });
    expect(statSync(path(file)).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path(file))).mode & 0o777).toBe(0o700);
  });

  it('takes the value out of a profile that gets a ref', async () => {
    const { apply, write, read } = installation({}, variables);
    const file = 'agents/main/agent/auth-profiles.json';
    const others = { 'x:y': { type: 'oauth', provider: 'openai', access: 'a', refresh: 'r', expires: 1 } };
    write(file, {
      version: 1,
      profiles: { 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET }, ...others },
      lastGood: { openai: 'openai:default' },
    });
    await apply(planOf(profileTarget()));
    expect(JSON.parse(read(file))).toEqual({
      version: 1,
      profiles: {
        'openai:default': { type: 'api_key', provider: 'openai', keyRef: envRef('OPENAI_API_KEY') },
        ...others,
      },
      lastGood: { openai: 'openai:default' },
    });
  });

  it('refuses a profile of another kind or provider, and one that it cannot make', async () => {
    const { apply, write, files } = installation({}, variables);
    const profile = (facts: object) =>
      write('agents/main/agent/auth-profiles.json', { version: 1, profiles: { 'openai:default': facts } });
    profile({ type: 'oauth', provider: 'openai' });
    expect((await apply(planOf(profileTarget()))).stderr).toContain('the profile is one of type oauth');
    profile({ type: 'api_key', provider: 'other', key: SECRET });
    const before = files();
    expect((await apply(planOf(profileTarget()))).stderr).toContain('the profile is one of provider other');
    const { authProfileProvider: _provider, ...unnamed } = { ...profileTarget(), agentId: 'second' };
    expect((await apply(planOf(unnamed))).stderr).toContain('authProfileProvider would make one');
    expect(files()).toEqual(before);
  });

  it('refuses what runs commands until that is allowed', async () => {
    const command = secretCommand(
      `require('node:fs').writeFileSync(__dirname + '/ran', ''); answer({ x: 'v' });`,
    );
    const plan = {
      ...planOf(keyTarget({ source: 'exec', provider: 'vault', id: 'x' })),
      providerUpserts: { vault: { source: 'exec', command } },
    };
    const { apply, files } = installation(config);
    const before = files();
    const refused = await apply(plan);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain('--allow-exec');
    expect((await apply({ ...plan, targets: [] })).stderr).toContain('--allow-exec');
    const dry = await apply(plan, '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toMatchObject({
      changed: true,
      checks: { resolvability: true, resolvabilityComplete: false },
      refsChecked: 0,
      skippedExecRefs: 1,
    });
    expect(existsSync(`${dirname(command)}/ran`)).toBe(false);
    expect(files()).toEqual(before);
    expect((await apply(plan, '--allow-exec', '--dry-run')).exitCode).toBe(0);
    expect(existsSync(`${dirname(command)}/ran`)).toBe(true);
    expect((await apply(plan, '--allow-exec')).exitCode).toBe(0);
  });

  it('leaves commands alone that were there before, unless allowed', async () => {
    const command = secretCommand('process.exit(1)');
    const { apply } = installation(
      {
        models: {
          providers: {
            ...config.models.providers,
            b: { ...provider, apiKey: { source: 'exec', provider: 'v', id: 'x' } },
          },
        },
        secrets: { providers: { v: { source: 'exec', command } } },
      },
      variables,
    );
    const dry = await apply(planOf(keyTarget()), '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toMatchObject({ refsChecked: 1, skippedExecRefs: 1 });
    expect((await apply(planOf(keyTarget()), '--allow-exec')).stderr).toContain('models.providers.b.apiKey');
  });

  it('adds, changes and removes providers, first those that targets refer to', async () => {
    const file = secretFile(JSON.stringify({ key: SECRET }));
    const { apply, read } = installation({
      ...config,
      secrets: {
        providers: { old: { source: 'file', path: '/nowhere' }, main: { source: 'file', path: '/nowhere' } },
      },
    });
    const plan = {
      ...planOf(keyTarget({ source: 'file', provider: 'main', id: '/key' })),
      providerUpserts: { main: { source: 'file', path: file } },
      providerDeletes: ['old', 'never-there'],
    };
    expect((await apply(plan)).exitCode).toBe(0);
    expect(JSON.parse(read('pllan.json'))).toMatchObject({
      secrets: { providers: { main: { path: file } } },
    });
    expect(read('pllan.json')).not.toContain('"old"');
    expect((await apply({ ...planOf(), providerUpserts: { e: { source: 'env' } } })).exitCode).toBe(0);
  });

  it('keeps a provider that something refers to', async () => {
    const file = secretFile(JSON.stringify({ key: SECRET }));
    const ref = { source: 'file', provider: 'main', id: '/key' };
    const secrets = { providers: { main: { source: 'file', path: file } } };
    const remove = { ...planOf(), providerDeletes: ['main'] };
    const refused = async (of: object, profiles: object = {}) => {
      const { apply, write, files } = installation(of);
      write('agents/a/agent/auth-profiles.json', { version: 1, profiles });
      const before = files();
      const { stderr, exitCode } = await apply(remove);
      expect({ exitCode, after: files() }).toEqual({ exitCode: 1, after: before });
      return stderr;
    };
    const inConfig = {
      secrets,
      models: { providers: { openai: { ...provider, enabled: undefined, apiKey: ref } } },
    };
    expect(await refused(inConfig)).toContain(
      'Provider "main" is still referenced by models.providers.openai.apiKey',
    );
    expect(await refused({ secrets: { ...secrets, defaults: { file: 'main' } } })).toContain(
      'still referenced by secrets.defaults.file',
    );
    const profiles = { p: { type: 'api_key', provider: 'openai', keyRef: ref } };
    expect(await refused({ secrets }, profiles)).toContain(
      'still referenced by agents/a/agent/auth-profiles.json#profiles.p.key',
    );
  });

  it('refuses refs that lead nowhere, and a config that would not be valid, without a value in the message', async () => {
    const { apply, files } = installation(config);
    const before = files();
    const unset = await apply(planOf(keyTarget(envRef('NOT_SET'))));
    expect(unset.stderr).toContain('models.providers.openai.apiKey: env provider "default", NOT_SET');
    const unknown = await apply(
      planOf(keyTarget({ source: 'file', provider: 'none', id: '/x' })),
      '--dry-run',
    );
    expect(unknown.stderr).toContain('there is no secrets.providers.none');
    const invalid = await apply(
      planOf({
        type: 'models.providers.request.auth.token',
        path: 'models.providers.openai.request.auth.token',
        ref: envRef('X'),
      }),
    );
    expect(invalid.stderr).toContain('the config would not be valid');
    for (const { exitCode, stdout, stderr } of [unset, unknown, invalid]) {
      expect(exitCode).toBe(1);
      expect(stdout + stderr).not.toContain(SECRET);
    }
    expect(files()).toEqual(before);
  });

  it('refuses a ref on a profile that the config says is of oauth', async () => {
    const { apply } = installation(
      { auth: { profiles: { 'openai:default': { provider: 'openai', mode: 'oauth' } } } },
      variables,
    );
    expect((await apply(planOf(profileTarget()))).stderr).toContain(
      'auth.profiles.openai:default.mode is oauth',
    );
  });

  it('starts from a valid config only', async () => {
    const { apply, files } = installation('{ gateway: { port: "x" } }', variables);
    const before = files();
    const { stderr, exitCode } = await apply(planOf(profileTarget()));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('gateway.port');
    expect(files()).toEqual(before);
  });

  it('writes each value into the file that it is in', async () => {
    const { apply, write, read } = installation('{ models: { $include: "./models.json5" } }', variables);
    write(
      'models.json5',
      `{ providers: { openai: { apiKey: '${SECRET}', baseUrl: 'http://127.0.0.1:1' } } } // own`,
    );
    const { stdout } = await apply({ ...planOf(keyTarget()), providerUpserts: { e: { source: 'env' } } });
    expect(stdout).toContain('Updated 2 file(s).');
    expect(read('models.json5')).toMatch(/OPENAI_API_KEY[^]*\/\/ own$/);
    expect(read('pllan.json')).toContain('"./models.json5"');
    expect(read('pllan.json')).toContain('source');
  });

  it('changes what a link leads to', async () => {
    const { apply, write, read, path } = installation(config, variables);
    const real = write('elsewhere/real.json', config);
    rmSync(path('pllan.json'));
    symlinkSync(real, path('pllan.json'));
    expect((await apply(planOf(keyTarget()))).exitCode).toBe(0);
    expect(lstatSync(path('pllan.json')).isSymbolicLink()).toBe(true);
    expect(read('elsewhere/real.json')).not.toContain(SECRET);
  });

  it('starts without a config as well', async () => {
    const { apply, read, path } = installation({}, variables);
    rmSync(path('pllan.json'));
    const { exitCode, stdout } = await apply({
      ...planOf(profileTarget()),
      providerUpserts: { e: { source: 'env' } },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Updated 2 file(s).');
    expect(JSON.parse(read('pllan.json'))).toMatchObject({
      secrets: { providers: { e: { source: 'env' } } },
    });
  });

  it('refuses one file that goes by two names', async () => {
    const { apply, write, files, path } = installation(config, variables);
    write('agents/a/agent/auth-profiles.json', {
      version: 1,
      profiles: { 'openai:default': { type: 'api_key', provider: 'openai', key: SECRET } },
    });
    mkdirSync(path('agents', 'b', 'agent'), { recursive: true });
    symlinkSync(
      path('agents', 'a', 'agent', 'auth-profiles.json'),
      path('agents', 'b', 'agent', 'auth-profiles.json'),
    );
    const before = files();
    expect((await apply(planOf(keyTarget()))).stderr).toContain('goes by several names');
    expect(files()).toEqual(before);
  });

  it('says so when the log of writes cannot be written', async () => {
    const { apply, write, read } = installation(config, variables);
    write('logs', 'no folder');
    const { exitCode, stderr } = await apply(planOf(keyTarget()));
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^Warning: the log of config writes cannot be written: /);
    expect(read('pllan.json')).not.toContain(SECRET);
  });

  it('puts back every file when one cannot be written', async () => {
    const { apply, write, files, path } = installation(config, variables);
    chmodSync(path('pllan.json'), 0o640);
    write('.env', `OLD_TOKEN=${SECRET}\n`);
    write('agents/main', 'no folder');
    const before = files();
    const broken = await apply(planOf(keyTarget(), profileTarget()));
    expect(broken).toMatchObject({ exitCode: 1, stdout: '' });
    expect(broken.stderr).toMatch(/^Secrets apply failed: .*; all files are as they were\n$/);
    expect(files()).toEqual(before);
    expect(statSync(path('pllan.json')).mode & 0o777).toBe(0o640);
  });
});
