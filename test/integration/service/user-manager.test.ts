/** The service with a real systemd: what it makes of our unit, and what the commands make of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unitText } from '../../../src/cli/service/systemd/unit-file.js';
import { entry } from '../../support/entry-process.js';
import { freePort, TOKEN } from '../../support/gateway.js';
import { startUserManager, type Ran, type UserManager } from '../../support/user-manager.js';
import { waitFor } from '../../support/wait-for.js';

const UNIT = 'pllan-gateway.service';

let systemd: UserManager | undefined;
let missing = '';
let port = 0;
beforeAll(async () => {
  port = await freePort();
  try {
    systemd = await startUserManager();
  } catch (caught) {
    missing = `no systemd to test with: ${String(caught)}`;
  }
});
afterAll(() => systemd?.stop());

function manager(skip: (why: string) => never): UserManager {
  return systemd ?? skip(missing);
}

const pllan = (from: UserManager, line: string): Promise<Ran> =>
  from.run(process.execPath, entry, ...line.split(' '));

const uptimeMs = async (): Promise<number> => {
  const answer = (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as { uptimeMs: number };
  return answer.uptimeMs;
};

function writeConfig({ home }: UserManager, config: object): void {
  mkdirSync(join(home, '.pllan'), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, '.pllan/pllan.json'), JSON.stringify(config), { mode: 0o600 });
}

it('every argument and variable of a unit arrives as it was', async ({ skip }) => {
  const from = manager(skip);
  const folder = join(from.home, 'a folder 100% $x');
  mkdirSync(folder);
  const program = join(folder, 'pro gram %n');
  const told = join(from.home, 'told.json');
  writeFileSync(
    program,
    `#!${process.execPath}\nrequire('fs').writeFileSync(process.argv[2], JSON.stringify({ args: process.argv.slice(3), env: process.env, cwd: process.cwd() }));`,
    { mode: 0o755 },
  );
  const args = [
    '',
    ' ',
    ';',
    '%h',
    '%%',
    '$HOME',
    '${HOME}',
    '"',
    "'",
    '\\',
    '\\n',
    'a\nb',
    'ä中🦀',
    '-',
    '~',
    'a=b',
    '#',
    '\t',
  ];
  const environment = { NOTE: `a "b" 'c' %h $HOME \\ \n\t; # ä🦀`, EMPTY: '', PATH: '/usr/bin:/bin' };
  const text = unitText(
    {
      description: '100% "x"',
      programArguments: [program, told, ...args],
      workingDirectory: folder,
      environment,
    },
    { user: undefined },
  )
    .replace('Type=notify', 'Type=oneshot')
    .replace(/^(?:Restart=|WatchdogSec=).*\n/gm, '');
  writeFileSync(join(await unitFolder(from), 'odd.service'), text);
  expect(await from.run('systemctl', '--user', 'daemon-reload')).toMatchObject({ code: 0 });
  expect(await from.run('systemctl', '--user', 'start', 'odd.service')).toMatchObject({ code: 0 });
  const heard = JSON.parse(readFileSync(told, 'utf8')) as { args: string[]; env: object; cwd: string };
  expect(heard.args).toEqual(args);
  expect(heard.env).toMatchObject(environment);
  expect(heard.cwd).toBe(folder);
});

describe('the gateway as a service', () => {
  it('is installed, and ready when that is done', async ({ skip }) => {
    const from = manager(skip);
    writeConfig(from, { gateway: { mode: 'local', port, auth: { mode: 'token', token: TOKEN } } });
    const installed = await pllan(from, 'gateway install');
    expect([installed.code, installed.stdout]).toEqual([
      0,
      expect.stringContaining('Gateway service installed'),
    ]);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    expect(await from.property(UNIT, 'ActiveState')).toBe('active');
    expect(await from.property(UNIT, 'StatusText')).toBe(`listening on port ${port}`);
    const verified = await from.run(
      'systemd-analyze',
      'verify',
      '--user',
      '--man=no',
      join(await unitFolder(from), UNIT),
    );
    expect(verified).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('is shown by gateway status, with the pid that systemd knows', async ({ skip }) => {
    const from = manager(skip);
    const pid = await from.property(UNIT, 'MainPID');
    const { stdout } = await pllan(from, 'gateway status');
    expect(stdout).toContain('Service: systemd (enabled)\n');
    expect(stdout).toContain(
      `Runtime: running (pid ${pid}, state active, sub running, last exit 0, reason 0)\nRPC probe: ok\n`,
    );
    expect(stdout).not.toContain('Service config issue');
  });

  it('is restarted as another process; systemd ends and replaces one that hangs', async ({ skip }) => {
    const from = manager(skip);
    const first = await from.property(UNIT, 'MainPID');
    const restarted = await pllan(from, 'gateway restart');
    expect([restarted.code, restarted.stdout]).toEqual([0, 'Gateway restarted.\n']);
    const second = await from.property(UNIT, 'MainPID');
    expect(second).not.toBe(first);

    const folder = join(await unitFolder(from), `${UNIT}.d`);
    mkdirSync(folder);
    // Long enough for a machine that has much else to do.
    writeFileSync(join(folder, 'soon.conf'), '[Service]\nWatchdogSec=9\nRestartSec=0\n');
    await from.run('systemctl', '--user', 'daemon-reload');
    await from.run('systemctl', '--user', 'restart', UNIT);
    const third = await from.property(UNIT, 'MainPID');
    const fedAt = (): Promise<string> => from.property(UNIT, 'WatchdogTimestampMonotonic');
    const before = await fedAt();
    await waitFor('a sign of life', async () => (await fedAt()) !== before);
    await from.run('kill', '-STOP', third);
    const replaced = async (): Promise<boolean> =>
      // In this order: until it is ended, the one that hangs is active.
      !['0', third].includes(await from.property(UNIT, 'MainPID')) &&
      (await from.property(UNIT, 'ActiveState')) === 'active';
    await waitFor('another process', replaced, 60_000);
    expect(Number(await from.property(UNIT, 'NRestarts'))).toBe(1);
    expect(await uptimeMs()).toBeLessThan(30_000);
  });

  it('is not started again for a config that it cannot start with', async ({ skip }) => {
    const from = manager(skip);
    writeConfig(from, { gateway: { mode: 'remote' } });
    const refused = await pllan(from, 'gateway restart');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Gateway start blocked')]);
    expect(await from.property(UNIT, 'ActiveState')).toBe('active');
    await from.run('systemctl', '--user', 'restart', UNIT);
    expect(await from.property(UNIT, 'ActiveState')).toBe('failed');
    expect(await from.property(UNIT, 'ExecMainStatus')).toBe('78');
    writeConfig(from, { gateway: { mode: 'local', port, auth: { mode: 'token', token: TOKEN } } });
    const { stdout } = await pllan(from, 'gateway status --no-probe');
    expect(stdout).toContain('Runtime: stopped (state failed, sub failed, last exit 78, reason 1)\n');
  });

  it('is started, stopped and removed', async ({ skip }) => {
    const from = manager(skip);
    expect(await pllan(from, 'gateway start')).toMatchObject({
      code: 0,
      stdout: 'Gateway service started.\n',
    });
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    expect(await pllan(from, 'gateway stop')).toMatchObject({
      code: 0,
      stdout: 'Gateway service stopped.\n',
    });
    expect(await from.property(UNIT, 'Result')).toBe('success');
    await expect(fetch(`http://127.0.0.1:${port}/readyz`)).rejects.toThrow('fetch failed');
    expect((await from.run('systemctl', '--user', 'is-enabled', UNIT)).stdout).toBe('enabled\n');
    expect(await pllan(from, 'gateway uninstall')).toMatchObject({ code: 0 });
    expect((await from.run('systemctl', '--user', 'is-enabled', UNIT)).code).toBe(1);
    expect(await from.property(UNIT, 'LoadState')).toBe('not-found');
  });
});

async function unitFolder({ home }: UserManager): Promise<string> {
  const folder = join(home, '.config/systemd/user');
  mkdirSync(folder, { recursive: true });
  return folder;
}
