/** The service commands with stand-ins for systemd: what is called, in which order, what is written, what is said. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../../src/shared/version.js';
import { cli } from '../support/cli.js';
import { json, serviceHome, startable, TOKEN } from './support.js';

const UNIT = 'pllan-gateway.service';

describe('gateway install', () => {
  it('writes the unit, enables it, starts it, and lets its user linger', async () => {
    const home = serviceHome();
    const { exitCode, stdout, stderr } = await cli(['gateway', 'install'], { env: home.env });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `Gateway service installed: ~/.config/systemd/user/${UNIT}\nSee how it is with: pllan gateway status\n`,
    );
    expect(home.changes()).toEqual([
      'systemctl --user daemon-reload',
      `systemctl --user enable ${UNIT}`,
      `systemctl --user restart ${UNIT}`,
      expect.stringMatching(/^loginctl enable-linger \w+$/),
    ]);
    const unit = readFileSync(home.unitFile, 'utf8');
    expect(unit).toMatch(/^ExecStart=\/\S*node \S+\/dist\/entry\.js gateway --port 18999$/m);
    expect(unit).toContain(`WorkingDirectory=${home.home}/.pllan\n`);
    expect(unit).toContain(`Environment=PLLAN_SERVICE_VERSION=${VERSION}\n`);
    expect(unit).toContain('Environment=PLLAN_GATEWAY_PORT=18999\n');
    expect(unit).not.toMatch(/PLLAN_STATE_DIR|PLLAN_CONFIG_PATH|PLLAN_PROFILE/);
    expect(unit).not.toContain(TOKEN);
  });

  it('hands on nothing of the shell but what is named', async () => {
    const home = serviceHome();
    const env = {
      ...home.env,
      OPENAI_API_KEY: 'sk-of-the-shell',
      PLLAN_GATEWAY_PASSWORD: 'of-the-shell',
      HTTPS_PROXY: 'http://u:p@proxy',
      NODE_OPTIONS: '--inspect',
      NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    };
    expect((await cli(['gateway', 'install'], { env })).exitCode).toBe(0);
    const names = readFileSync(home.unitFile, 'utf8').matchAll(/^Environment="?(\w+)=/gm);
    expect(Array.from(names, ([, name]) => name)).toEqual([
      'HOME',
      'PATH',
      'PLLAN_HOME',
      'PLLAN_GATEWAY_PORT',
      'PLLAN_SYSTEMD_UNIT',
      'PLLAN_SERVICE_MARKER',
      'PLLAN_SERVICE_KIND',
      'NODE_EXTRA_CA_CERTS',
      'PLLAN_SERVICE_VERSION',
    ]);
  });

  it('answers programs, also when there is one already; --force writes it anew', async () => {
    const home = serviceHome();
    const service = { label: 'systemd', loaded: true, loadedText: 'enabled', notLoadedText: 'disabled' };
    expect(await json(home, 'gateway', 'install')).toMatchObject({
      code: 0,
      said: { ok: true, action: 'install', result: 'installed', service },
    });
    home.calls();
    expect(await json(home, 'daemon', 'install')).toEqual({
      code: 0,
      stderr: '',
      said: {
        ok: true,
        action: 'install',
        result: 'already-installed',
        message: 'Gateway service already enabled. Reinstall with: pllan gateway install --force',
        service,
      },
    });
    expect(home.changes()).toEqual([]);
    expect(await json(home, 'gateway', 'install', '--force')).toMatchObject({
      said: { result: 'installed' },
    });
    expect(existsSync(`${home.unitFile}.bak`)).toBe(true);
  });

  it('of a profile has names and places of its own', async () => {
    const home = serviceHome();
    mkdirSync(join(home.home, '.pllan-work'), { mode: 0o700 });
    writeFileSync(join(home.home, '.pllan-work/pllan.json'), JSON.stringify(startable({ port: 19_500 })));
    const { exitCode } = await cli(['--profile', 'work', 'gateway', 'install'], { env: home.env });
    expect(exitCode).toBe(0);
    const unit = readFileSync(join(dirname(home.unitFile), 'pllan-gateway-work.service'), 'utf8');
    expect(unit).toContain(`Description=pllan Gateway (profile: work, v${VERSION})\n`);
    expect(unit).toContain('Environment=PLLAN_PROFILE=work\n');
    expect(unit).toContain('Environment=PLLAN_SYSTEMD_UNIT=pllan-gateway-work.service\n');
    expect(unit).toContain('gateway --port 19500\n');
    expect(unit).not.toMatch(/PLLAN_STATE_DIR|PLLAN_CONFIG_PATH/);
    expect(existsSync(home.unitFile)).toBe(false);
    await cli(['--profile', 'work', 'gateway', 'stop'], { env: home.env });
    expect(home.changes().at(-1)).toBe('systemctl --user stop pllan-gateway-work.service');
  });

  it('of a state directory elsewhere says where; the unit can be called otherwise', async () => {
    const home = serviceHome();
    const env = { ...home.env, PLLAN_STATE_DIR: join(home.home, 'elsewhere'), PLLAN_SYSTEMD_UNIT: 'mine' };
    mkdirSync(env.PLLAN_STATE_DIR);
    writeFileSync(join(env.PLLAN_STATE_DIR, 'pllan.json'), JSON.stringify(startable()));
    expect((await cli(['gateway', 'install'], { env })).exitCode).toBe(0);
    const unit = readFileSync(join(dirname(home.unitFile), 'mine.service'), 'utf8');
    expect(unit).toContain(`Environment=PLLAN_STATE_DIR=${env.PLLAN_STATE_DIR}\n`);
    const bad = { ...home.env, PLLAN_SYSTEMD_UNIT: '../../evil' };
    expect(await cli(['gateway', 'install'], { env: bad })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Invalid PLLAN_SYSTEMD_UNIT'),
    });
  });

  it('saves port and token to the config, and nothing of either secret to the unit', async () => {
    const home = serviceHome(startable({ auth: { mode: 'token' } }));
    const argv = ['gateway', 'install', '--port', '19001', '--token', 'given-token-0123456789'];
    const { exitCode, stdout, stderr } = await cli(argv, { env: home.env });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('The token was saved to the config as gateway.auth.token.');
    expect(stdout + stderr).not.toContain('given-token');
    expect(JSON.parse(readFileSync(home.configFile, 'utf8'))).toMatchObject({
      gateway: { port: 19_001, auth: { token: 'given-token-0123456789' } },
    });
    const unit = readFileSync(home.unitFile, 'utf8');
    expect(unit).toContain('gateway --port 19001\n');
    expect(unit).not.toContain('given-token');
  });

  it.each([
    ['a new one', {}, /^[0-9a-f]{48}$/],
    [
      'that of the shell, which the service does not see',
      { PLLAN_GATEWAY_TOKEN: 'shell-token' },
      /^shell-token$/,
    ],
  ])('makes sure that there is a token: %s', async (_what, env, token) => {
    const home = serviceHome(startable({ auth: {} }));
    const { exitCode, stderr } = await cli(['gateway', 'install'], { env: { ...home.env, ...env } });
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('saved to the config')]);
    const { gateway } = JSON.parse(readFileSync(home.configFile, 'utf8')) as {
      gateway: { auth: { token: string } };
    };
    expect(gateway.auth.token).toMatch(token);
    expect(readFileSync(home.unitFile, 'utf8')).not.toContain(gateway.auth.token);
  });

  it('leaves a token alone that the state directory keeps, and a reference that the service can resolve', async () => {
    const home = serviceHome(startable({ auth: {} }));
    writeFileSync(join(home.home, '.pllan/.env'), 'PLLAN_GATEWAY_TOKEN=kept\nMINE=kept-too\n');
    const before = readFileSync(home.configFile, 'utf8');
    expect((await cli(['gateway', 'install'], { env: home.env })).exitCode).toBe(0);
    expect(readFileSync(home.configFile, 'utf8')).toBe(before);
    expect(readFileSync(home.unitFile, 'utf8')).not.toMatch(/kept/);

    writeFileSync(home.configFile, JSON.stringify(startable({ auth: { token: '${MINE}' } })));
    expect((await cli(['gateway', 'install', '--force'], { env: home.env })).exitCode).toBe(0);
    writeFileSync(home.configFile, JSON.stringify(startable({ auth: { token: '${SHELL_ONLY}' } })));
    const env = { ...home.env, SHELL_ONLY: 'secret-of-the-shell' };
    const refused = await cli(['gateway', 'install', '--force'], { env });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      'gateway.auth.token: env provider "default", SHELL_ONLY cannot be resolved by the service.',
    );
    expect(refused.stderr).toContain('/.pllan/.env');
    expect(refused.stdout + refused.stderr).not.toContain('secret-of-the-shell');
  });

  it.each([
    ['no config', null, 'Missing config. Run `pllan setup`'],
    [
      'a config of another mode',
      startable({ mode: 'remote' }),
      'Gateway start blocked: set gateway.mode=local (current: remote)',
    ],
    ['an invalid config', startable({ port: 'many' }), 'Config invalid'],
    [
      'a password that only the shell has',
      startable({ auth: { mode: 'password' } }),
      'no password was configured',
    ],
  ])('refuses %s', async (_what, config, message) => {
    const home = serviceHome(config);
    const env = { ...home.env, PLLAN_GATEWAY_PASSWORD: 'of-the-shell' };
    const { exitCode, stderr } = await cli(['gateway', 'install'], { env });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(home.changes()).toEqual([]);
    expect(existsSync(home.unitFile)).toBe(false);
  });

  it("does not take the place of somebody else's unit, unless it is told to", async () => {
    const home = serviceHome();
    mkdirSync(dirname(home.unitFile), { recursive: true });
    writeFileSync(home.unitFile, '[Service]\nExecStart=/opt/other gateway\n');
    expect(await json(home, 'gateway', 'install')).toMatchObject({
      code: 1,
      said: { ok: false, action: 'install', error: expect.stringContaining('was not written by pllan') },
    });
    expect(await json(home, 'gateway', 'uninstall')).toMatchObject({ code: 1 });
    expect(readFileSync(home.unitFile, 'utf8')).toContain('/opt/other');
    expect(await json(home, 'gateway', 'install', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(`${home.unitFile}.bak`, 'utf8')).toContain('/opt/other');
  });

  it('starts a wrapper in the place of node, and keeps it', async () => {
    const home = serviceHome();
    const wrapper = join(home.home, 'wrap per.sh');
    writeFileSync(wrapper, '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    expect(await json(home, 'gateway', 'install', '--wrapper', wrapper)).toMatchObject({ code: 0 });
    expect(readFileSync(home.unitFile, 'utf8')).toContain(`ExecStart="${wrapper}" gateway --port 18999\n`);
    expect(await json(home, 'gateway', 'install', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(home.unitFile, 'utf8')).toContain(`ExecStart="${wrapper}" gateway`);
    expect(await json(home, 'gateway', 'install', '--force', '--wrapper', '/nowhere')).toMatchObject({
      code: 1,
    });
  });

  it('says what can be done where there is no manager, or it fails', async () => {
    const home = serviceHome();
    home.fails('systemctl', 'Failed to connect to bus: No medium found');
    const noBus = await cli(['gateway', 'install'], { env: home.env });
    expect(noBus.exitCode).toBe(1);
    const removed = await cli(['gateway', 'uninstall'], { env: home.env });
    expect([removed.exitCode, removed.stdout]).toEqual([0, 'Gateway service not installed.\n']);
    expect(noBus.stderr).toContain('systemd user services are unavailable: Failed to connect to bus');
    expect(noBus.stderr).toContain('run `pllan gateway` in the foreground');
    const none = await cli(['gateway', 'install'], { env: { ...home.env, PATH: '/nonexistent' } });
    expect([none.exitCode, none.stderr]).toEqual([1, expect.stringContaining('systemctl not available')]);
    expect(existsSync(home.unitFile)).toBe(false);

    home.fails('systemctl', 'Job for pllan-gateway.service failed.', 'restart');
    expect(await json(home, 'gateway', 'install')).toMatchObject({
      code: 1,
      said: {
        ok: false,
        action: 'install',
        error: `systemctl --user restart ${UNIT} failed: Job for pllan-gateway.service failed.`,
        hints: expect.arrayContaining([
          expect.stringMatching(/^Runtime: stopped/),
          'Run: pllan gateway status --deep',
        ]),
      },
    });
  });

  it('warns where the user may not linger', async () => {
    const home = serviceHome();
    home.fails('loginctl', 'Interactive authentication required.', 'enable-linger');
    const { exitCode, stderr } = await cli(['gateway', 'install'], { env: home.env });
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringMatching(/^Warning: .*sudo loginctl enable-linger \w+\n$/),
    ]);
    const status = await cli(['gateway', 'status', '--no-probe'], { env: home.env });
    expect(status.stdout).toMatch(/sudo loginctl enable-linger/);
  });
});

describe('an installed service', () => {
  it('is started, stopped, disabled, removed', async () => {
    const home = serviceHome();
    await json(home, 'gateway', 'install');
    home.calls();
    expect(await json(home, 'gateway', 'stop')).toMatchObject({ code: 0, said: { result: 'stopped' } });
    expect(await json(home, 'gateway', 'start')).toMatchObject({ code: 0, said: { result: 'started' } });
    expect(await json(home, 'gateway', 'stop', '--disable')).toMatchObject({
      said: { result: 'stopped', service: { loaded: false } },
    });
    const again = await cli(['gateway', 'stop'], { env: home.env });
    expect([again.exitCode, again.stdout]).toEqual([0, 'Gateway service disabled.\n']);
    expect(await json(home, 'gateway', 'uninstall')).toMatchObject({ said: { result: 'uninstalled' } });
    expect(home.changes()).toEqual([
      `systemctl --user stop ${UNIT}`,
      `systemctl --user start ${UNIT}`,
      `systemctl --user disable --now ${UNIT}`,
      `systemctl --user disable --now ${UNIT}`,
      'systemctl --user daemon-reload',
      `systemctl --user reset-failed ${UNIT}`,
    ]);
    expect(existsSync(home.unitFile)).toBe(false);
    expect(existsSync(home.configFile)).toBe(true);
    expect(await json(home, 'gateway', 'uninstall')).toMatchObject({
      code: 0,
      said: { result: 'not-loaded' },
    });
    expect(await json(home, 'gateway', 'start')).toMatchObject({
      code: 1,
      said: {
        ok: false,
        action: 'start',
        error: 'Gateway service not installed.',
        hints: [expect.any(String), expect.any(String)],
      },
    });
  });

  it('is not restarted for a config that it could not start with', async () => {
    const home = serviceHome();
    await json(home, 'gateway', 'install');
    home.calls();
    writeFileSync(home.configFile, '{gateway: {mode: "local", port: "many"}}');
    expect(await json(home, 'gateway', 'restart')).toMatchObject({
      code: 1,
      said: { ok: false, action: 'restart', error: 'Config invalid' },
    });
    writeFileSync(home.configFile, '{gateway: {mode: "remote"}}');
    expect((await cli(['gateway', 'restart'], { env: home.env })).stderr).toContain('Gateway start blocked');
    expect(home.changes()).toEqual([]);
  });
});

describe('flags that do not go together', () => {
  it.each([
    ['gateway restart --safe --force', 'Use either --safe or --force.'],
    ['gateway restart --skip-deferral', '--skip-deferral goes with --safe.'],
    ['gateway restart --wait soon', 'Invalid --wait (use a duration such as 30s or 5m, or 0 for no limit)'],
    ['gateway install --runtime bun', 'Invalid --runtime (use "node")'],
    ['gateway install --port 0', 'Invalid port'],
  ])('%s', async (line, message) => {
    const { exitCode, stderr } = await cli(line.split(' '), { env: serviceHome().env });
    expect([exitCode, stderr]).toEqual([1, `${message}\n`]);
  });
});
