import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, temporaryHome } from '../support/cli.js';

describe('pllan gateway', () => {
  test.each([[['gateway']], [['gateway', 'run']]])(
    '%j starts the gateway with nothing given',
    async (argv) => {
      const home = temporaryHome();
      const env = { PLLAN_HOME: home };
      const { exitCode, gateway, stderr } = await cli(argv, { env });
      expect(exitCode).toBe(0);
      expect(stderr).toBe('');
      expect(gateway).toMatchObject({ env, paths: { stateDir: join(home, '.pllan') } });
      expect(gateway?.flags).toEqual({
        port: undefined,
        bind: undefined,
        auth: undefined,
        token: undefined,
        password: undefined,
        model: undefined,
        logLevel: undefined,
        tailscale: undefined,
        tailscaleResetOnExit: false,
        verbose: false,
        wsLog: 'auto',
        rawStream: undefined,
        force: false,
        allowUnconfigured: false,
        allowEmptyStore: false,
        dev: false,
        color: false,
      });
    },
  );

  test('it gets what .env files say, and what of them was ignored', async () => {
    const [home, folder] = [temporaryHome(), temporaryHome()];
    const env = { PLLAN_HOME: home, PLLAN_STATE_DIR: join(home, 'state') };
    mkdirSync(env.PLLAN_STATE_DIR);
    writeFileSync(join(folder, '.env'), 'A=folder\nPLLAN_GATEWAY_TOKEN=evil\n');
    writeFileSync(join(env.PLLAN_STATE_DIR, '.env'), 'A=state\nB=state\n');
    const { gateway } = await cli(['gateway'], { env, folder });
    expect(gateway?.env).toEqual({ ...env, A: 'folder', B: 'state' });
    expect(gateway?.envWarnings).toEqual([expect.stringContaining('PLLAN_GATEWAY_TOKEN')]);
  });

  test('every flag arrives', async () => {
    const words =
      'gateway --port 19002 --bind lan --auth token --token 0123 --model openai/gpt-x --verbose --force --allow-unconfigured --log-level debug --compact --raw-stream-path /r.jsonl --tailscale serve --tailscale-reset-on-exit';
    const { gateway } = await cli(words.split(' '), { isTTY: true });
    expect(gateway?.flags).toEqual({
      port: 19_002,
      bind: 'lan',
      auth: 'token',
      token: '0123',
      password: undefined,
      model: 'openai/gpt-x',
      logLevel: 'debug',
      tailscale: 'serve',
      tailscaleResetOnExit: true,
      verbose: true,
      wsLog: 'compact',
      rawStream: '/r.jsonl',
      force: true,
      allowUnconfigured: true,
      allowEmptyStore: false,
      dev: false,
      color: true,
    });
  });

  test('the exit code is that of the gateway', async () => {
    expect((await cli(['gateway'], { gatewayExitCode: 78 })).exitCode).toBe(78);
  });

  test.each([
    [['--port', '0'], 'Invalid port'],
    [['--port', 'x'], 'Invalid port'],
    [['--bind', '0.0.0.0'], 'Invalid --bind (use "loopback", "lan", "tailnet", "auto", or "custom")'],
    [['--auth', 'basic'], 'Invalid --auth (use "none", "token", "password", or "trusted-proxy")'],
    [['--tailscale', 'on'], 'Invalid --tailscale (use "off", "serve", or "funnel")'],
    [['--ws-log', 'x'], 'Invalid --ws-log (use "auto", "full", or "compact")'],
    [['--ws-log', 'full', '--compact'], 'Use either --ws-log or --compact.'],
    [['--password', 'a', '--password-file', 'b'], 'Use either --password or --password-file.'],
  ])('%j is refused and nothing is started', async (options, message) => {
    const run = await cli(['gateway', ...options]);
    expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: `${message}\n`, gateway: undefined });
  });
});

describe('secrets on the command line', () => {
  test.each(['token', 'password'])(
    '--%s warns that the process list shows it, without repeating it',
    async (name) => {
      const { stderr, gateway } = await cli(['gateway', `--${name}`, 's3cret']);
      expect(stderr).toContain(`--${name} is visible to other users in the process list`);
      expect(stderr).not.toContain('s3cret');
      expect(gateway?.flags).toMatchObject({ [name]: 's3cret' });
    },
  );

  test('a password file is trimmed and needs no warning', async () => {
    const home = temporaryHome();
    writeFileSync(join(home, 'pw'), '  0123 \n');
    const { stderr, gateway } = await cli(['gateway', '--password-file', '~/pw'], {
      env: { PLLAN_HOME: home },
    });
    expect(gateway?.flags.password).toBe('0123');
    expect(stderr).toBe('');
  });

  test('a password file that is missing or empty is refused', async () => {
    const home = temporaryHome();
    const env = { PLLAN_HOME: home };
    expect((await cli(['gateway', '--password-file', '~/none'], { env })).stderr).toBe(
      'Cannot read --password-file ~/none: ENOENT\n',
    );
    writeFileSync(join(home, 'empty'), '\n');
    expect((await cli(['gateway', '--password-file', '~/empty'], { env })).stderr).toBe(
      '--password-file ~/empty is empty\n',
    );
  });
});

describe('dev gateway', () => {
  test.each([
    [['--dev', 'gateway'], false],
    [['gateway', '--dev'], true],
  ])('%j selects the dev profile; creating what is missing: %s', async (argv, creates) => {
    const home = temporaryHome();
    const env = Object.freeze({ PLLAN_HOME: home });
    const { gateway } = await cli(argv, { env });
    expect(gateway?.flags.dev).toBe(creates);
    expect(gateway?.paths.configPath).toBe(join(home, '.pllan-dev', 'pllan.json'));
    expect(gateway?.env).toMatchObject({ PLLAN_PROFILE: 'dev', PLLAN_GATEWAY_PORT: '19001' });
  });

  test('--dev and --profile together are refused', async () => {
    const { exitCode, stderr } = await cli(['--profile', 'x', 'gateway', '--dev']);
    expect([exitCode, stderr]).toEqual([1, 'Cannot combine --dev with --profile\n']);
  });
});
