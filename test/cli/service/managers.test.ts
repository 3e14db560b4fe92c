/** What each service manager is told, with stand-ins: the order of calls is what these systems want. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createLaunchdManager,
  runtimeOf as launchdRuntime,
} from '../../../src/cli/service/launchd/launchd-manager.js';
import type { ServiceManager } from '../../../src/cli/service/manager.js';
import { chooseNode, compareVersions, isVersionManaged } from '../../../src/cli/service/node-program.js';
import { commandRunner } from '../../../src/cli/service/run-command.js';
import { createSystemdManager } from '../../../src/cli/service/systemd/systemd-manager.js';
import {
  createTaskManager,
  runtimeOf as taskRuntime,
} from '../../../src/cli/service/windows/task-manager.js';
import { temporaryDir } from '../../support/gateway.js';
import { standIns } from '../../support/service-standins.js';
import { plainDefinition } from './definitions.js';

const managers = standIns();
const run = commandRunner({ PATH: `${managers.bin}:/usr/bin:/bin` });

function launchd(home: string): ServiceManager {
  return createLaunchdManager({ label: 'ai.pllan.work', profile: 'work', home, uid: 501, run });
}

describe('launchd', () => {
  it('loads an agent anew, stops it by unloading it, starts it by loading it', async () => {
    const home = temporaryDir();
    const manager = launchd(home);
    const plist = join(home, 'Library/LaunchAgents/ai.pllan.work.plist');
    const service = 'gui/501/ai.pllan.work';
    await manager.install(plainDefinition);
    expect(managers.changes()).toEqual([
      `launchctl bootout ${service}`,
      `launchctl enable ${service}`,
      `launchctl bootstrap gui/501 ${plist}`,
      `launchctl kickstart -k ${service}`,
    ]);
    expect(manager.command()).toMatchObject({ programArguments: plainDefinition.programArguments });
    expect(readFileSync(plist, 'utf8')).toContain(join(home, 'Library/Logs/pllan/gateway-work.log'));
    expect(await manager.isLoaded()).toBe(true);
    expect(await manager.runtime()).toEqual({
      status: 'running',
      state: 'running',
      pid: 4242,
      lastExitStatus: 0,
    });
    await manager.restart();
    await manager.stop(true);
    expect([await manager.isLoaded(), await manager.runtime()]).toEqual([false, { status: 'stopped' }]);
    await manager.start();
    await manager.uninstall();
    expect(managers.changes()).toEqual([
      `launchctl kickstart -k ${service}`,
      `launchctl disable ${service}`,
      `launchctl bootout ${service}`,
      `launchctl enable ${service}`,
      `launchctl bootstrap gui/501 ${plist}`,
      `launchctl kickstart ${service}`,
      `launchctl bootout ${service}`,
    ]);
    expect(existsSync(plist)).toBe(false);
  });

  it('says what launchctl says was wrong', async () => {
    managers.fails('launchctl', 'Bootstrap failed: 5: Input/output error', 'bootstrap');
    await expect(launchd(temporaryDir()).install(plainDefinition)).rejects.toThrow(
      /^launchctl bootstrap gui\/501 .* failed: Bootstrap failed: 5: Input\/output error$/,
    );
    managers.fails('launchctl', undefined);
    expect(launchdRuntime('x = {\n\tstate = not running\n\tlast exit code = 78\n}')).toEqual({
      status: 'stopped',
      state: 'not running',
      lastExitStatus: 78,
    });
    managers.changes();
  });
});

describe('the task scheduler of Windows', () => {
  const task = 'pllan Gateway (work)';

  it('has a task at logon that runs a script', async () => {
    const stateDir = temporaryDir();
    const manager = createTaskManager({ task, stateDir, env: { USERNAME: 'u' }, run });
    const script = join(stateDir, 'gateway.cmd');
    await manager.install(plainDefinition);
    expect(managers.changes()).toEqual([
      `schtasks /Create /F /SC ONLOGON /RL LIMITED /TN ${task} /TR "${script}" /RU u /NP /IT`,
      `schtasks /Run /TN ${task}`,
    ]);
    expect(manager.command()?.programArguments).toEqual(plainDefinition.programArguments);
    expect([await manager.isLoaded(), await manager.runtime()]).toEqual([
      true,
      { status: 'running', state: 'Running', lastExitStatus: 0 },
    ]);
    await manager.stop(false);
    expect((await manager.runtime()).status).toBe('stopped');
    await manager.restart();
    await manager.stop(true);
    await manager.uninstall();
    expect(managers.changes()).toEqual([
      `schtasks /End /TN ${task}`,
      `schtasks /End /TN ${task}`,
      `schtasks /Run /TN ${task}`,
      `schtasks /End /TN ${task}`,
      `schtasks /Change /TN ${task} /DISABLE`,
      `schtasks /End /TN ${task}`,
      `schtasks /Delete /F /TN ${task}`,
    ]);
    expect(existsSync(script)).toBe(false);
    expect(taskRuntime('')).toEqual({ status: 'unknown' });
  });

  it('is replaced by a script in the startup folder where it is denied', async () => {
    const stateDir = temporaryDir();
    const started: string[] = [];
    const manager = createTaskManager({
      task,
      stateDir,
      env: { APPDATA: temporaryDir() },
      run: async (program, args) => {
        if (program === 'schtasks')
          return { ok: false, missing: false, stdout: '', problem: 'ERROR: Access is denied.' };
        started.push([program, ...args].join(' '));
        return { ok: true, missing: false, stdout: '', problem: '' };
      },
    });
    expect(await manager.install(plainDefinition)).toEqual([expect.stringContaining('startup folder')]);
    expect(started).toEqual([`cmd.exe /d /c start "" /min ${join(stateDir, 'gateway.cmd')}`]);
    expect(await manager.isLoaded()).toBe(true);
    await manager.uninstall();
    expect(await manager.isLoaded()).toBe(false);
  });
});

describe('systemd, for the machine', () => {
  it('has a unit that runs as a user, and asks nobody to linger', async () => {
    const folder = temporaryDir();
    const manager = createSystemdManager({
      unit: 'pllan-gateway.service',
      home: '/home/u',
      folder,
      user: '1000',
      system: true,
      run,
    });
    const installed = manager.install(plainDefinition);
    if (process.getuid?.() !== 0) return expect(installed).rejects.toThrow('is managed by root');
    await installed;
    expect(await manager.hints()).toEqual([]);
    expect(managers.changes()).toEqual([
      'systemctl daemon-reload',
      'systemctl enable pllan-gateway.service',
      'systemctl restart pllan-gateway.service',
    ]);
    const unit = readFileSync(join(folder, 'pllan-gateway.service'), 'utf8');
    expect(unit).toContain('\nUser=1000\n');
    expect(unit).toContain('\nWantedBy=multi-user.target\n');
  });
});

describe('the node that a service runs on', () => {
  it.each([
    '/home/u/.nvm/versions/node/v22.1.0/bin/node',
    '/home/u/.volta/bin/node',
    '/opt/n/versions/node/22/bin/node',
    '/run/user/1000/fnm_multishells/1/bin/node',
  ])('%s is one of a version manager', (path) => expect(isVersionManaged(path)).toBe(true));

  it('is that of the system where the own one may be taken away, if it is new enough', async () => {
    const dir = temporaryDir();
    const fake = (name: string, version: string): string => {
      const path = join(dir, name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
      return path;
    };
    const own = fake('.nvm/versions/node/v24/bin/node', '24.0.0');
    const [old, good] = [fake('old', '18.20.0'), fake('good', '22.5.0')];
    const choose = (...places: string[]) => chooseNode({ platform: 'linux', own, run, places });
    expect(await choose(join(dir, 'none'), old, good)).toEqual({ path: good, managed: false });
    expect(await choose(old)).toEqual({ path: own, managed: true });
    expect(await chooseNode({ platform: 'linux', own: old, run, places: [good] })).toEqual({
      path: old,
      managed: false,
    });
  });

  it.each([
    ['20.19.0', '20.19.0', 0],
    ['20.9.0', '20.19.0', -1],
    ['22.0.0-nightly', '20.19.1', 1],
    ['0.1.0', '0.1', 0],
  ])('%s against %s', (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign));
});
