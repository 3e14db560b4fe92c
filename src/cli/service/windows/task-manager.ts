/** The task scheduler of Windows: a task at logon that runs a script (cli.md §15.5). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../../shared/paths.js';
import { UserError } from '../../user-error.js';
import type { ServiceManager, ServiceRuntime } from '../manager.js';
import type { RunCommand } from '../run-command.js';
import { removeDefinition, writeDefinition } from '../write-definition.js';
import { parseScript, scriptText } from './task-script.js';

export interface TaskOptions {
  readonly task: string;
  readonly stateDir: string;
  readonly env: Environment;
  readonly run: RunCommand;
}

export function createTaskManager({ task, stateDir, env, run }: TaskOptions): ServiceManager {
  const definitionPath = join(stateDir, 'gateway.cmd');
  const startup = startupScript(task, env);
  const schtasks = (...args: string[]) => run('schtasks', args);
  const must = async (...args: string[]): Promise<void> => {
    const result = await schtasks(...args);
    if (!result.ok) throw new UserError(`schtasks ${args.join(' ')} failed: ${result.problem}`);
  };
  const isRegistered = async (): Promise<boolean> => (await schtasks('/Query', '/TN', task)).ok;
  const create = async (): Promise<readonly string[]> => {
    const user = env.USERNAME ? ['/RU', env.USERNAME, '/NP', '/IT'] : [];
    const command = `"${definitionPath}"`;
    const basic = ['/Create', '/F', '/SC', 'ONLOGON', '/RL', 'LIMITED', '/TN', task, '/TR', command];
    const result = await schtasks(...basic, ...user);
    if (result.ok) {
      if (startup !== undefined) removeDefinition(startup);
      return [];
    }
    if (startup === undefined || !/access is denied|denied/i.test(result.problem))
      throw new UserError(`schtasks /Create failed: ${result.problem}`);
    writeDefinition(startup, `@echo off\r\nstart "" /min cmd.exe /d /c ${command}\r\n`);
    return ['Windows denied the scheduled task: a script in the startup folder stands in for it.'];
  };
  const launch = async (): Promise<void> => {
    if (await isRegistered()) await must('/Run', '/TN', task);
    else {
      const result = await run('cmd.exe', ['/d', '/c', 'start', '""', '/min', definitionPath]);
      if (!result.ok) throw new UserError(`The gateway cannot be started: ${result.problem}`);
    }
  };
  return {
    label: 'Scheduled Task',
    kind: 'windows',
    system: false,
    loadedText: 'registered',
    notLoadedText: 'missing',
    definitionPath,
    async problem() {
      const result = await schtasks('/Query');
      return result.missing ? { message: result.problem, hints: [] } : undefined;
    },
    command: () =>
      existsSync(definitionPath)
        ? parseScript(readFileSync(definitionPath, 'utf8'), definitionPath)
        : undefined,
    isLoaded: async () => (startup !== undefined && existsSync(startup)) || (await isRegistered()),
    async runtime() {
      const result = await schtasks('/Query', '/TN', task, '/V', '/FO', 'LIST');
      return result.ok ? runtimeOf(result.stdout) : { status: 'unknown', detail: result.problem };
    },
    hints: async () => [],
    async install(definition) {
      writeDefinition(definitionPath, scriptText(definition));
      const notes = await create();
      await launch();
      return notes;
    },
    async uninstall() {
      if (await isRegistered()) {
        await schtasks('/End', '/TN', task);
        await must('/Delete', '/F', '/TN', task);
      }
      if (startup !== undefined) removeDefinition(startup);
      removeDefinition(definitionPath);
    },
    start: launch,
    async stop(disable) {
      if (!(await isRegistered())) return;
      await schtasks('/End', '/TN', task);
      if (disable) await must('/Change', '/TN', task, '/DISABLE');
    },
    async restart() {
      if (await isRegistered()) await schtasks('/End', '/TN', task);
      await launch();
    },
  };
}

/** Undefined where nobody says where the folder is. */
function startupScript(task: string, { APPDATA }: Environment): string | undefined {
  if (!APPDATA) return undefined;
  return join(APPDATA, 'Microsoft', 'Windows', 'Start Menu', 'Programs', 'Startup', `${task}.cmd`);
}

/** What `schtasks /Query /V /FO LIST` says. */
export function runtimeOf(text: string): ServiceRuntime {
  const fact = (name: string): string | undefined =>
    new RegExp(`^${name}:\\s*(.+?)\\s*$`, 'm').exec(text)?.[1];
  const state = fact('Status');
  const result = fact('Last Result');
  const status = state === undefined ? 'unknown' : state === 'Running' ? 'running' : 'stopped';
  return {
    status,
    ...(state === undefined ? {} : { state }),
    ...(result === undefined ? {} : { lastExitStatus: Number(result) }),
  };
}
