/** systemd: a unit of the user, or of the whole machine (cli.md §15.3). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../../shared/paths.js';
import { UserError } from '../../user-error.js';
import type { InstalledService, ServiceDefinition } from '../definition.js';
import type { ManagerProblem, ServiceManager, ServiceRuntime } from '../manager.js';
import type { CommandResult, RunCommand } from '../run-command.js';
import { removeDefinition, writeDefinition } from '../write-definition.js';
import { lingerHints } from './linger.js';
import { parseUnit, unitText } from './unit-file.js';

export interface SystemdOptions {
  readonly unit: string;
  readonly home: string;
  readonly folder: string;
  /** Whose unit it is, or whom a unit of the machine runs as. */
  readonly user: string;
  readonly system: boolean;
  readonly run: RunCommand;
}

/** Where units of the machine are that are not part of its distribution. */
export const SYSTEM_UNITS = '/etc/systemd/system';

export function userUnits(home: string): string {
  return join(home, '.config', 'systemd', 'user');
}

/** A shell that was not logged in to, as over ssh, may not know where its user's systemd listens. */
export function withRuntimeDir(env: Environment, uid: number): Environment {
  const dir = `/run/user/${uid}`;
  return env.XDG_RUNTIME_DIR || !existsSync(dir) ? env : { ...env, XDG_RUNTIME_DIR: dir };
}

const unavailable =
  /Failed to connect to .*(?:bus|scope)|No medium found|not been booted with systemd|DBUS_SESSION_BUS_ADDRESS/i;

const foreground = 'Without it run `pllan gateway` in the foreground, under a supervisor of your own.';

export function createSystemdManager(options: SystemdOptions): ServiceManager {
  const { unit, home, folder, user, system, run } = options;
  const definitionPath = join(folder, unit);
  const scope = system ? [] : ['--user'];
  const systemctl = (...args: string[]): Promise<CommandResult> => run('systemctl', [...scope, ...args]);
  const must = async (...args: string[]): Promise<void> => {
    const result = await systemctl(...args);
    if (!result.ok) throw failure(['systemctl', ...scope, ...args].join(' '), result, system);
  };
  const installed = (): InstalledService | undefined => {
    if (!existsSync(definitionPath)) return undefined;
    return parseUnit(readFileSync(definitionPath, 'utf8'), definitionPath, home);
  };
  return {
    label: 'systemd',
    kind: 'systemd',
    system,
    loadedText: 'enabled',
    notLoadedText: 'disabled',
    definitionPath,
    async problem() {
      const result = await systemctl('show', '--property', 'Version');
      return result.ok ? undefined : problemOf(result, system);
    },
    command: installed,
    isLoaded: async () => (await systemctl('is-enabled', unit)).ok,
    async runtime() {
      const names = ['ActiveState', 'SubState', 'MainPID', 'ExecMainStatus', 'ExecMainCode'];
      const result = await systemctl('show', unit, '--no-page', '--property', names.join(','));
      if (!result.ok) return { status: 'unknown', detail: result.problem };
      return runtimeOf(result.stdout);
    },
    hints: async () => (system ? [] : lingerHints(user, run)),
    async install(definition: ServiceDefinition) {
      if (system && process.getuid?.() !== 0)
        throw new UserError('A unit of the whole machine is managed by root.', [
          'With sudo: sudo HOME="$HOME" pllan gateway install --system',
        ]);
      writeDefinition(definitionPath, unitText(definition, { user: system ? user : undefined }));
      await must('daemon-reload');
      await must('enable', unit);
      await must('restart', unit);
      return [];
    },
    async uninstall() {
      await must('disable', '--now', unit);
      removeDefinition(definitionPath);
      await must('daemon-reload');
      // It may have failed before: that is nothing to remember. Fails where it has not.
      await systemctl('reset-failed', unit);
    },
    start: () => must('start', unit),
    stop: (disable) => (disable ? must('disable', '--now', unit) : must('stop', unit)),
    restart: () => must('restart', unit),
  };
}

/** What `systemctl show` prints: `Name=value` lines. */
export function runtimeOf(text: string): ServiceRuntime {
  const facts = new Map(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line): [string, string] => [
        line.slice(0, line.indexOf('=')),
        line.slice(line.indexOf('=') + 1).trim(),
      ]),
  );
  const state = facts.get('ActiveState') ?? '';
  const pid = Number(facts.get('MainPID') ?? 0);
  const lastExitStatus = facts.get('ExecMainStatus');
  const isUp = state === 'active' || state === 'reloading' || (state === 'activating' && pid > 0);
  return {
    status: isUp ? 'running' : state === '' ? 'unknown' : 'stopped',
    ...(state === '' ? {} : { state }),
    ...optional('subState', facts.get('SubState')),
    ...(pid > 0 ? { pid } : {}),
    ...(lastExitStatus ? { lastExitStatus: Number(lastExitStatus) } : {}),
    ...optional('lastExitReason', facts.get('ExecMainCode')),
  };
}

function optional<K extends string>(name: K, value: string | undefined): { readonly [N in K]?: string } {
  return value ? ({ [name]: value } as { readonly [N in K]?: string }) : {};
}

function problemOf(result: CommandResult, system: boolean): ManagerProblem {
  if (result.missing)
    return { message: 'systemctl not available; services need systemd on Linux.', hints: [foreground] };
  if (system || !unavailable.test(result.problem))
    return { message: `systemd cannot be asked: ${result.problem}`, hints: [foreground] };
  return {
    message: `systemd user services are unavailable: ${result.problem}`,
    hints: [
      'In a session of its own user it is there: log in as that user, or set XDG_RUNTIME_DIR=/run/user/$(id -u).',
      'A unit of the whole machine needs no session: sudo pllan gateway install --system',
      foreground,
    ],
  };
}

function failure(command: string, result: CommandResult, system: boolean): UserError {
  if (result.missing || unavailable.test(result.problem)) {
    const { message, hints } = problemOf(result, system);
    return new UserError(message, hints);
  }
  const hints = system ? ['Units of the machine are managed by root: use sudo.'] : [];
  return new UserError(`${command} failed: ${result.problem}`, hints);
}
