/** `pllan setup`, `onboard` and `dashboard` (cli.md §13, §14). */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../support/gateway.js';
import { serviceHome } from '../service/support.js';
import { cli, environmentWith, temporaryHome } from '../support/cli.js';

const configOf = (home: string, dir = '.pllan'): unknown =>
  JSON.parse(readFileSync(join(home, dir, 'pllan.json'), 'utf8'));

describe('pllan setup', () => {
  it('makes config, workspace and the place of sessions, for their owner alone', async () => {
    const home = temporaryHome();
    const run = await cli(['setup'], { env: { PLLAN_HOME: home } });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout.split('\n')).toEqual([
      'Wrote ~/.pllan/pllan.json',
      expect.stringMatching(/^Workspace OK: ~\/\.pllan\/workspace \(new: AGENTS\.md, /),
      'Sessions OK: ~/.pllan/store',
      '',
    ]);
    expect(configOf(home)).toMatchObject({
      gateway: { mode: 'local' },
      agents: { defaults: { workspace: '~/.pllan/workspace' } },
      meta: { lastTouchedVersion: expect.any(String) },
    });
    const state = join(home, '.pllan');
    expect(readdirSync(join(state, 'workspace')).toSorted()).toEqual([
      'AGENTS.md',
      'BOOTSTRAP.md',
      'HEARTBEAT.md',
      'IDENTITY.md',
      'SOUL.md',
      'TOOLS.md',
      'USER.md',
    ]);
    for (const path of ['', 'pllan.json', 'workspace', 'store', 'workspace/AGENTS.md'])
      expect(statSync(join(state, path)).mode & 0o077).toBe(0);
  });

  it('changes nothing the second time, and keeps what people wrote', async () => {
    const env = { PLLAN_HOME: temporaryHome() };
    await cli(['setup'], { env });
    const workspace = join(env.PLLAN_HOME, '.pllan', 'workspace');
    writeFileSync(join(workspace, 'AGENTS.md'), 'mine');
    const before = configOf(env.PLLAN_HOME);
    const run = await cli(['setup', '--json'], { env });
    expect(JSON.parse(run.stdout)).toEqual({
      ok: true,
      configPath: join(env.PLLAN_HOME, '.pllan', 'pllan.json'),
      config: 'kept',
      changedPaths: [],
      workspace,
      created: [],
      sessions: join(env.PLLAN_HOME, '.pllan', 'store'),
    });
    expect(configOf(env.PLLAN_HOME)).toEqual(before);
    expect(readFileSync(join(workspace, 'AGENTS.md'), 'utf8')).toBe('mine');
  });

  it('does not bring the first conversation back where people have worked', async () => {
    const env = { PLLAN_HOME: temporaryHome() };
    const workspace = join(env.PLLAN_HOME, 'w');
    mkdirSync(workspace);
    writeFileSync(join(workspace, 'SOUL.md'), 'mine');
    await cli(['setup', '--workspace', workspace], { env });
    expect(existsSync(join(workspace, 'BOOTSTRAP.md'))).toBe(false);
    expect(existsSync(join(workspace, 'USER.md'))).toBe(true);
  });

  it('of the dev profile stays in its own folder', async () => {
    const home = temporaryHome();
    const run = await cli(['--dev', 'setup'], { env: { PLLAN_HOME: home } });
    expect(run.exitCode).toBe(0);
    expect(readdirSync(home)).toEqual(['.pllan-dev']);
    expect(configOf(home, '.pllan-dev')).toMatchObject({
      agents: { defaults: { workspace: '~/.pllan-dev/workspace' } },
    });
  });

  it('makes a client of a gateway elsewhere', async () => {
    const home = temporaryHome();
    const run = await cli(
      [
        'setup',
        '--mode',
        'remote',
        '--remote-url',
        'wss://far.example',
        '--remote-token',
        'T0KEN-of-the-far-one',
      ],
      { env: { PLLAN_HOME: home } },
    );
    expect(run.exitCode).toBe(0);
    expect(configOf(home)).toMatchObject({
      gateway: { mode: 'remote', remote: { url: 'wss://far.example', token: 'T0KEN-of-the-far-one' } },
    });
    expect(run.stdout).not.toContain('T0KEN');
  });

  it.each([
    [['--mode', 'both'], 'Invalid --mode (use "local" or "remote")'],
    [['--mode', 'remote'], '--mode remote needs --remote-url'],
    [['--remote-url', 'ws://x'], 'go with --mode remote'],
    [['--wizard', '--non-interactive'], 'Use either --wizard or --non-interactive.'],
  ])('refuses %j', async (flags, text) => {
    const home = temporaryHome();
    const run = await cli(['setup', ...flags], { env: { PLLAN_HOME: home } });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(text);
    expect(readdirSync(home)).toEqual([]);
  });

  it('leaves a broken config alone and says what is wrong', async () => {
    const env = environmentWith('{ gateway: ');
    const run = await cli(['setup'], { env });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('Config invalid\nFile: ');
    expect(readFileSync(join(env.PLLAN_STATE_DIR, 'pllan.json'), 'utf8')).toBe('{ gateway: ');
  });

  it('says what to do where nothing can be made', async () => {
    const home = temporaryHome();
    writeFileSync(join(home, 'file'), '');
    const run = await cli(['setup'], { env: { PLLAN_HOME: home, PLLAN_STATE_DIR: join(home, 'file', 'x') } });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('ENOTDIR');
    expect(run.stderr).toContain('set PLLAN_STATE_DIR');
  });
});

it('a workspace that cannot be made is in no config', async () => {
  const home = temporaryHome();
  writeFileSync(join(home, 'taken'), '');
  const run = await cli(['setup', '--workspace', '~/taken/x'], { env: { PLLAN_HOME: home } });
  expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('cannot be made')]);
  expect(existsSync(join(home, '.pllan/pllan.json'))).toBe(false);
});

it('a workspace is written as the folder that it is from here', async () => {
  const home = temporaryHome();
  const folder = relative(process.cwd(), join(home, 'files'));
  for (const argv of [['setup'], ['onboard', '--non-interactive', '--accept-risk']]) {
    const run = await cli([...argv, '--workspace', folder, '--json'], { env: { PLLAN_HOME: home } });
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: true, workspace: join(home, 'files') });
    expect(configOf(home)).toMatchObject({ agents: { defaults: { workspace: '~/files' } } });
    rmSync(join(home, '.pllan'), { recursive: true });
  }
});

describe('pllan onboard', () => {
  const accept = ['onboard', '--non-interactive', '--accept-risk'];

  it('writes what flags say; a key stays in its variable', async () => {
    const home = temporaryHome();
    const run = await cli(
      [
        ...accept,
        '--gateway-port=18800',
        '--gateway-auth=token',
        '--gateway-token-ref-env=MY_TOKEN',
        '--auth-choice=openai-api-key',
        '--secret-input-mode=ref',
        '--model=openai/some-model',
      ],
      { env: { PLLAN_HOME: home, OPENAI_API_KEY: 'sk-of-the-test', MY_TOKEN: 'a-token-of-the-test' } },
    );
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(configOf(home)).toMatchObject({
      gateway: {
        mode: 'local',
        port: 18800,
        auth: { mode: 'token', token: { source: 'env', provider: 'default', id: 'MY_TOKEN' } },
      },
      agents: { defaults: { model: 'openai/some-model' } },
      models: {
        providers: {
          openai: {
            baseUrl: 'https://api.openai.com/v1',
            apiKey: { source: 'env', provider: 'default', id: 'OPENAI_API_KEY' },
          },
        },
      },
    });
    expect(run.stdout).toContain('pllan gateway install');
  });

  it('makes a token for a gateway that others can reach', async () => {
    const home = temporaryHome();
    const run = await cli([...accept, '--gateway-bind', 'lan'], { env: { PLLAN_HOME: home } });
    expect(run.exitCode).toBe(0);
    const { gateway } = configOf(home) as { gateway: { bind: string; auth: { token: string } } };
    expect(gateway.bind).toBe('lan');
    expect(gateway.auth.token).toMatch(/^[0-9a-f]{48}$/);
    expect(run.stdout).not.toContain(gateway.auth.token);
  });

  it('keeps the secret that there is', async () => {
    const secretsAfter = async (...argv: string[]): Promise<unknown> => {
      await cli([...accept, ...argv], { env: { PLLAN_HOME: home } });
      return (configOf(home) as { gateway: { auth: unknown } }).gateway.auth;
    };
    const home = temporaryHome();
    const first = await secretsAfter('--gateway-bind=lan');
    expect(first).toEqual({ token: expect.stringMatching(/^[0-9a-f]{48}$/) });
    expect(await secretsAfter('--gateway-bind=lan')).toEqual(first);
    writeFileSync(
      join(home, '.pllan/pllan.json'),
      JSON.stringify({ gateway: { auth: { password: 'a-good-one' } } }),
    );
    expect(await secretsAfter('--gateway-bind=lan')).toEqual({ password: 'a-good-one' });
  });

  it('asks at a terminal', async () => {
    const home = temporaryHome();
    const run = await cli(['onboard', '--auth-choice', 'ollama'], {
      env: { PLLAN_HOME: home },
      typed: ['y', '1', 'ollama/small'],
    });
    expect(run.exitCode).toBe(0);
    expect(configOf(home)).toMatchObject({
      gateway: { bind: 'loopback' },
      agents: { defaults: { model: 'ollama/small' } },
      models: { providers: { ollama: { baseUrl: 'http://127.0.0.1:11434/v1' } } },
    });
  });

  it('has the service manager run the gateway, and waits for it unless it is told not to', async () => {
    const port = await freePort();
    const { env, unitFile, calls } = serviceHome(null);
    const argv = [...accept, '--install-daemon', `--gateway-port=${port}`, '--json'];
    const skipped = await cli([...argv, '--skip-health'], { env });
    expect([skipped.exitCode, JSON.parse(skipped.stdout)]).toMatchObject([
      0,
      { ok: true, config: 'written', service: { result: 'installed' } },
    ]);
    expect(readFileSync(unitFile, 'utf8')).toContain(`gateway --port ${port}\n`);
    expect(calls()).toContain('systemctl --user restart pllan-gateway.service');
    const server = createServer((_request, response) => response.end('{"uptimeMs":1}'));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const again = await cli(argv, { env });
    expect([again.exitCode, JSON.parse(again.stdout)]).toMatchObject([
      0,
      { ok: true, config: 'kept', service: { result: 'already-installed' } },
    ]);
  });

  it.each([
    [['onboard'], 'run it at a terminal'],
    [[...accept, '--mode=remote', '--remote-url=ws://h:1', '--install-daemon'], 'goes with --mode local'],
    [['onboard', '--non-interactive'], 'needs --accept-risk'],
    [[...accept, '--auth-choice', 'openai-api-key'], 'OPENAI_API_KEY, which is not set'],
    [[...accept, '--auth-choice', 'other'], 'Invalid --auth-choice'],
    [[...accept, '--gateway-auth', 'password'], 'needs --gateway-password'],
    [[...accept, '--gateway-token', 'a', '--gateway-password', 'b'], 'Use one of'],
    [[...accept, '--gateway-port', '0'], 'Invalid port'],
    [[...accept, '--gateway-token', ''], '--gateway-token is empty'],
    [['setup', '--workspace', ' '], '--workspace is empty'],
  ])('refuses %j', async (argv, text) => {
    const home = temporaryHome();
    const run = await cli(argv, { env: { PLLAN_HOME: home } });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(text);
    expect(readdirSync(home)).toEqual([]);
  });

  it('does nothing when the risk is declined', async () => {
    const home = temporaryHome();
    const run = await cli(['onboard'], { env: { PLLAN_HOME: home }, typed: ['n'] });
    expect(run.exitCode).toBe(1);
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('pllan dashboard', () => {
  it('knows where the page is, and whether there is one', async () => {
    const at = (controlUi: object) =>
      cli(['dashboard', '--json'], { env: environmentWith({ gateway: { port: 19999, controlUi } }) });
    expect(JSON.parse((await at({ basePath: 'ops/ui/' })).stdout)).toEqual({
      url: 'http://127.0.0.1:19999/ops/ui/',
    });
    const off = await at({ enabled: false });
    expect([off.exitCode, off.stderr]).toEqual([
      1,
      expect.stringContaining('gateway.controlUi.enabled=false'),
    ]);
  });

  it.each([
    ['the config', { gateway: { port: 19999, auth: { token: 'plain token' } } }, {}, '#token=plain%20token'],
    ['the environment', { gateway: { port: 19999 } }, { PLLAN_GATEWAY_TOKEN: 'from-env' }, '#token=from-env'],
    [
      'elsewhere',
      { gateway: { port: 19999, auth: { mode: 'token', token: '${MINE}' } } },
      { MINE: 'hidden' },
      '',
    ],
    [
      'nowhere, with a password',
      { gateway: { port: 19999, auth: { mode: 'password', password: 'p' } } },
      {},
      '',
    ],
  ])('has the token of %s', async (_where, config, env, fragment) => {
    const run = await cli(['dashboard', '--json'], { env: { ...environmentWith(config), ...env } });
    expect(JSON.parse(run.stdout)).toEqual({ url: `http://127.0.0.1:19999/${fragment}` });
  });

  it('is https where the gateway speaks TLS', async () => {
    const env = environmentWith({ gateway: { auth: { token: 't-t-t' }, tls: { enabled: true } } });
    const run = await cli(['dashboard', '--no-open'], { env });
    expect(run.stdout).toBe('Dashboard: https://127.0.0.1:18789/#token=t-t-t\n');
  });

  it.each([
    [{ basePath: 'ui/' }, 'http://127.0.0.1:19999/ui/'],
    [{ enabled: false }, undefined],
  ])('is what status and gateway status show as well: %j', async (controlUi, address) => {
    const env = environmentWith({ gateway: { port: 19_999, controlUi } });
    for (const command of [['status'], ['gateway', 'status', '--no-probe']]) {
      const { stdout } = await cli(command, { env });
      expect(/^Dashboard:? +(\S+)/m.exec(stdout)?.[1]).toBe(address);
    }
  });
});
