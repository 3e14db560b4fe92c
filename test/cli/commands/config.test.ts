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
    ['gateway.port', 'Config path not found: gateway.port'],
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
      stderr: 'Config path not found: agents.list[1].name\n',
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
