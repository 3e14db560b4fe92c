import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, environmentWith, temporaryHome } from '../support/cli.js';

const FILE = `{
  // mine
  gateway: { mode: 'local', auth: { token: 'hunter2', mode: 'token' } },
  agents: { list: [{ id: 'a' }, { id: 'b', name: 'B' }] },
  models: { providers: { 'my.own': { baseUrl: 'http://h/v1' } } },
}
`;

function setUp(text = FILE) {
  const env = environmentWith(text);
  const path = join(env.PLLAN_STATE_DIR, 'pllan.json');
  return {
    path,
    read: () => readFileSync(path, 'utf8'),
    run: (...argv: string[]) => cli(['config', ...argv], { env }),
  };
}

describe('config get', () => {
  it.each([
    ['gateway.mode', 'local\n'],
    ['agents.list[1].name', 'B\n'],
    ['models.providers["my.own"].baseUrl', 'http://h/v1\n'],
    ['gateway.auth.token', '__PLLAN_REDACTED__\n'],
    ['agents.list[0]', '{\n  "id": "a"\n}\n'],
  ])('%s', async (path, stdout) => {
    expect(await setUp().run('get', path)).toMatchObject({ exitCode: 0, stdout });
  });

  it('--json prints one document', async () => {
    const { stdout } = await setUp().run('get', 'gateway', '--json');
    expect(JSON.parse(stdout)).toEqual({
      mode: 'local',
      auth: { token: '__PLLAN_REDACTED__', mode: 'token' },
    });
  });

  it.each([
    ['gateway.port', 'Config path not found: gateway.port\nIt is not set; the default is 18789.\n'],
    ['gateway.remote.url', 'Config path not found: gateway.remote.url\nIt is not set.\n'],
    ['gateway.prot', 'Config path not found: gateway.prot\n(Did you mean gateway.port?)\n'],
    ['gatewy', 'Config path not found: gatewy\n(Did you mean gateway?)\n'],
    ['agents.list[7].id', 'Config path not found: agents.list[7].id\nIt is not set.\n'],
    ['toString', 'Config path not found: toString'],
    ['gateway.__proto__.x', 'Invalid config path: __proto__ may not be in it'],
    ['a..b', 'Invalid config path: a..b'],
  ])('%s: exit 1', async (path, message) => {
    const run = await setUp().run('get', path);
    expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe('config set', () => {
  it('writes JSON5 values, and text where it is none', async () => {
    const { run, read } = setUp();
    expect(await run('set', 'gateway.port', '4000')).toMatchObject({
      exitCode: 0,
      stdout: 'Updated gateway.port. Restart the gateway to apply.\n',
    });
    await run('set', 'agents.list[0].name', 'Big A');
    await run('set', 'gateway.trustedProxies', "['10.0.0.1']");
    expect(read()).toMatch(
      /\/\/ mine\n {2}gateway: \{ mode: 'local', auth: \{ token: 'hunter2', mode: 'token' \}, port: 4000/,
    );
    expect(read()).toContain(`{ id: 'a', name: "Big A" }`);
    expect((await run('get', 'gateway.trustedProxies', '--json')).stdout).toContain('10.0.0.1');
  });

  it.each([
    ['logging.level', 'warn', 'The change is hot-applied.'],
    ['gateway.workers.count', '2', 'The change is hot-applied.'],
    ['gateway.handshakeTimeoutMs', '2000', 'Restart the gateway to apply.'],
    ['gateway.reload.mode', 'off', 'Restart the gateway to apply.'],
  ])('says when %s counts', async (path, value, when) => {
    expect((await setUp().run('set', path, value)).stdout).toBe(`Updated ${path}. ${when}\n`);
  });

  it('says that no gateway starts with it, while it needs another key', async () => {
    const { run } = setUp();
    expect(await run('set', 'hooks.enabled', 'true')).toMatchObject({
      exitCode: 0,
      stdout: 'Updated hooks.enabled. It is not applied.\n',
      stderr: 'No gateway starts with it: hooks.enabled requires hooks.token\n',
    });
    expect(await run('validate')).toMatchObject({
      exitCode: 0,
      stderr: 'Warning: no gateway starts with it: hooks.enabled requires hooks.token\n',
    });
    expect(await run('set', 'hooks.token', 'of-the-hooks')).toMatchObject({
      stdout: 'Updated hooks.token. The change is hot-applied.\n',
      stderr: '',
    });
  });

  it('says where the file is that has to be mended first', async () => {
    const { run } = setUp('{ gateway: ');
    const { exitCode, stderr } = await run('set', 'gateway.port', '4000');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^invalid config; fix before patching\nFile: \S*pllan\.json\n- <root>: .*\nRun: pllan doctor --fix\n$/,
    );
  });

  it('makes the file when there is none', async () => {
    const home = temporaryHome();
    const run = await cli(['config', 'set', 'gateway.mode', 'local'], { env: { PLLAN_HOME: home } });
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(readFileSync(join(home, '.pllan', 'pllan.json'), 'utf8'))).toMatchObject({
      gateway: { mode: 'local' },
    });
  });

  it('writes nothing that is no config', async () => {
    const { run, read } = setUp();
    const { exitCode, stderr } = await run('set', 'gateway.port', 'many');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'invalid config\n- gateway.port: must be a whole number from 1 to 65535\n',
    });
    expect(read()).toBe(FILE);
    const { stdout } = await run('set', 'gateway.prot', '1', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { message: 'invalid config', details: { issues: [{ path: 'gateway.prot' }] } },
    });
  });

  it('--dry-run, --strict-json, --merge', async () => {
    const { run, read } = setUp();
    expect((await run('set', 'gateway.port', '1', '--dry-run')).stdout).toBe('Would update gateway.port.\n');
    expect(read()).toBe(FILE);
    expect(await run('set', 'gateway.bind', 'lan', '--strict-json')).toMatchObject({ exitCode: 1 });
    await run('set', 'gateway.auth', '{ mode: "password", password: "p" }', '--merge');
    expect(read()).toContain(`{ token: 'hunter2', mode: "password", password: "p" }`);
    const { stdout } = await run('set', 'gateway.bind', '"lan"', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, changedPaths: ['gateway.bind'] });
  });
});

describe('config unset', () => {
  it('removes a path, and one that is not there is an error', async () => {
    const { run, read } = setUp();
    expect(await run('unset', 'agents.list[1].name')).toMatchObject({ exitCode: 0 });
    expect(read()).toContain("{ id: 'b' }");
    expect(await run('unset', 'agents.list[1].name')).toMatchObject({
      exitCode: 1,
      stderr: 'Config path not found: agents.list[1].name\nIt is not set.\n',
    });
    expect(await run('unset', 'gateway.mode')).toMatchObject({
      exitCode: 1,
      stderr: 'config write rejected: it would drop gateway.mode\n',
    });
  });
});

describe('config patch', () => {
  it('merges a file', async () => {
    const { run, read, path } = setUp();
    const patch = `${path}.patch`;
    writeFileSync(patch, '{ agents: { list: [{ id: "b", name: "new" }] }, models: null }');
    expect(await run('patch', '--file', patch)).toMatchObject({ exitCode: 0 });
    expect(read()).toContain(`{ id: 'b', name: "new" }`);
    expect(read()).not.toContain('my.own');
    expect(await run('patch')).toMatchObject({ exitCode: 1 });
  });
});

describe('config validate, file, schema', () => {
  it('a config that is right', async () => {
    const { run, path } = setUp();
    expect(await run('validate')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Config valid: ~\//),
    });
    const { stdout } = await run('validate', '--json');
    expect(JSON.parse(stdout)).toEqual({ valid: true, path, issues: [] });
  });

  it('one that is not', async () => {
    const { run, path } = setUp('{ gateway: { prot: 1 } }');
    const issue = { path: 'gateway.prot', message: 'unknown key (did you mean port?)' };
    const told = await run('validate');
    expect(told).toMatchObject({ exitCode: 1, stdout: '' });
    expect(told.stderr).toContain('- gateway.prot: unknown key (did you mean port?)');
    const { exitCode, stdout } = await run('validate', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ valid: false, path, issues: [issue] });
  });

  it('where it is, and what it may hold', async () => {
    const { run, path } = setUp('{');
    expect((await run('file')).stdout).toBe(`${path}\n`);
    expect(JSON.parse((await run('schema')).stdout)).toMatchObject({ properties: { gateway: {} } });
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});

describe('config set of secrets', () => {
  const aRef = ['--ref-source', 'env', '--ref-provider', 'default', '--ref-id', 'A_KEY'];
  const anExec = ['--provider-source', 'exec', '--provider-command', '/bin/false'];

  it('writes a ref, and the default provider of its source where none is named', async () => {
    const { run } = setUp();
    const written = async () =>
      JSON.parse((await run('get', 'gateway.auth.token', '--json')).stdout) as unknown;
    await run('set', 'gateway.auth.token', ...aRef);
    expect(await written()).toEqual({ source: 'env', provider: 'default', id: 'A_KEY' });
    await run('set', 'gateway.auth.token', '--ref-source', 'env', '--ref-id', 'B_KEY');
    expect(await written()).toEqual({ source: 'env', id: 'B_KEY' });
  });

  it.each([
    [
      'file',
      ['--provider-path', '/secrets.json', '--provider-mode', 'json', '--provider-max-bytes', '4096'],
      { source: 'file', path: '/secrets.json', mode: 'json', maxBytes: 4096 },
    ],
    [
      'env',
      ['--provider-allowlist', 'A', '--provider-allowlist', 'B'],
      { source: 'env', allowlist: ['A', 'B'] },
    ],
    [
      'exec',
      (
        '--provider-command /bin/resolve --provider-arg=--json --provider-pass-env HOME --provider-env A=b=c ' +
        '--provider-trusted-dir /bin --provider-json-only false --provider-timeout-ms 100 --provider-no-output-timeout-ms 50'
      ).split(' '),
      {
        source: 'exec',
        command: '/bin/resolve',
        args: ['--json'],
        passEnv: ['HOME'],
        // What commands are given may be a secret.
        env: { A: '__PLLAN_REDACTED__' },
        trustedDirs: ['/bin'],
        jsonOnly: false,
        timeoutMs: 100,
        noOutputTimeoutMs: 50,
      },
    ],
  ])('makes a provider: %s', async (source, options, made) => {
    const { run } = setUp();
    const set = await run('set', 'secrets.providers.mine', '--provider-source', source, ...options);
    expect(set).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await run('get', 'secrets.providers.mine', '--json')).stdout)).toEqual(made);
  });

  it('takes a batch, as text or from a file, and writes all of it or nothing', async () => {
    const { run, read, path } = setUp();
    const batch = [
      { path: 'secrets.providers.mine', provider: { source: 'file', path: '/s.json' } },
      { path: 'models.providers["my.own"].apiKey', ref: { source: 'file', provider: 'mine', id: '/k' } },
      { path: 'gateway.port', value: 4000 },
    ];
    const { stdout } = await run('set', '--batch-json', JSON.stringify(batch), '--json');
    expect(JSON.parse(stdout).changedPaths).toContain('models.providers["my.own"].apiKey.source');
    expect(read()).toContain('port: 4000');
    const before = read();
    writeFileSync(
      `${path}.batch`,
      JSON.stringify([
        { path: 'gateway.bind', value: 'lan' },
        { path: 'x', value: 1 },
      ]),
    );
    expect(await run('set', '--batch-file', `${path}.batch`)).toMatchObject({ exitCode: 1 });
    expect(read()).toBe(before);
  });

  it.each([
    [[], 'Give <path> and <value>, or --ref-…, --provider-… or --batch-… in its place.'],
    [['gateway.port'], 'Give <path> and <value>, or --ref-…, --provider-… or --batch-… in its place.'],
    [['gateway.auth.token', 'x', ...aRef], 'Use one of <value>, --ref-…, --provider-… and --batch-….'],
    [['gateway.auth.token', '--ref-source', 'env'], 'A ref needs --ref-source and --ref-id.'],
    [['secrets.providers.x', '--provider-path', '/x'], 'A provider needs --provider-source.'],
    [
      ['gateway.auth.token', ...anExec],
      'A provider belongs at secrets.providers.<alias>, not at gateway.auth.token.',
    ],
    [['a.b', '--batch-json', '[{path:"a",value:1}]'], 'The paths of a batch are in it; give none.'],
    [['--batch-json', '[]'], 'The batch cannot be used: it must be a list.'],
    [
      ['--batch-json', '[{path:"a",value:1,ref:2}]'],
      'entry 0 must have path, and one of value, ref and provider.',
    ],
    [['--batch-json', '[{path:"a.__proto__",value:1}]'], 'Invalid config path: __proto__ may not be in it'],
    [['gateway.port', '1', '--allow-exec'], '--allow-exec goes with --dry-run.'],
    [['hooks.token', ...aRef], 'invalid config\n- hooks.token: '],
  ])('%j: exit 1', async (argv, message) => {
    const { run, read } = setUp();
    expect(await run('set', ...argv)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(message),
    });
    expect(read()).toBe(FILE);
  });

  it('--dry-run looks whether refs lead somewhere, and runs commands only with --allow-exec', async () => {
    const { run, read } = setUp();
    expect(await run('set', 'gateway.auth.token', ...aRef, '--dry-run')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('\n- gateway.auth.token: env provider "default", A_KEY: '),
    });
    expect(read()).toBe(FILE);
    await run('set', 'secrets.providers.told', ...anExec);
    const ref = ['gateway.auth.token', '--ref-source', 'exec', '--ref-provider', 'told', '--ref-id', 'k'];
    expect(await run('set', ...ref, '--dry-run')).toMatchObject({
      exitCode: 0,
      stderr: 'Not checked: 1 refs of commands; --allow-exec runs them.\n',
    });
    const { exitCode, stderr } = await run('set', ...ref, '--dry-run', '--allow-exec');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('exec provider "told"'),
    });
  });
});
