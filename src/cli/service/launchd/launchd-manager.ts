/** launchd: an agent of the user who is logged in (cli.md §15.4). */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../user-error.js';
import type { ServiceManager, ServiceRuntime } from '../manager.js';
import type { RunCommand } from '../run-command.js';
import { removeDefinition, writeDefinition } from '../write-definition.js';
import { parsePlist, plistText } from './plist.js';

export interface LaunchdOptions {
  readonly label: string;
  readonly profile: string | undefined;
  readonly home: string;
  readonly uid: number;
  readonly run: RunCommand;
}

export function createLaunchdManager({ label, profile, home, uid, run }: LaunchdOptions): ServiceManager {
  const definitionPath = join(home, 'Library', 'LaunchAgents', `${label}.plist`);
  const logName = profile === undefined ? 'gateway.log' : `gateway-${profile}.log`;
  const logFile = join(home, 'Library', 'Logs', 'pllan', logName);
  const domain = `gui/${uid}`;
  const service = `${domain}/${label}`;
  const launchctl = (...args: string[]) => run('launchctl', args);
  const must = async (...args: string[]): Promise<void> => {
    const result = await launchctl(...args);
    if (!result.ok) throw new UserError(`launchctl ${args.join(' ')} failed: ${result.problem}`);
  };
  const isLoaded = async (): Promise<boolean> => (await launchctl('print', service)).ok;
  /** A label that was disabled once is not loaded again before it has been enabled. */
  const load = async (): Promise<void> => {
    await launchctl('enable', service);
    await must('bootstrap', domain, definitionPath);
  };
  return {
    label: 'LaunchAgent',
    kind: 'launchd',
    system: false,
    loadedText: 'loaded',
    notLoadedText: 'not loaded',
    definitionPath,
    async problem() {
      const result = await launchctl('print', domain);
      if (result.ok) return undefined;
      return {
        message: `launchd has no session for this user: ${result.problem}`,
        hints: ['Log in at the screen as this user, or run `pllan gateway` in the foreground.'],
      };
    },
    command: () =>
      existsSync(definitionPath)
        ? parsePlist(readFileSync(definitionPath, 'utf8'), definitionPath)
        : undefined,
    isLoaded,
    async runtime() {
      const result = await launchctl('print', service);
      return result.ok ? runtimeOf(result.stdout) : { status: 'stopped' };
    },
    hints: async () => [],
    async install(definition) {
      mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
      writeDefinition(definitionPath, plistText(definition, { label, logFile }));
      await launchctl('bootout', service);
      await load();
      await must('kickstart', '-k', service);
      return [];
    },
    async uninstall() {
      await launchctl('bootout', service);
      removeDefinition(definitionPath);
    },
    async start() {
      if (!(await isLoaded())) await load();
      await must('kickstart', service);
    },
    async stop(disable) {
      if (disable) await must('disable', service);
      await must('bootout', service);
    },
    async restart() {
      if (!(await isLoaded())) await load();
      await must('kickstart', '-k', service);
    },
  };
}

/** What `launchctl print` says of a service: `name = value` lines, nested ones further in. */
export function runtimeOf(text: string): ServiceRuntime {
  const fact = (name: string): string | undefined =>
    new RegExp(`^\\s*${name} = (.+)$`, 'm').exec(text)?.[1]?.trim();
  const state = fact('state');
  const pid = fact('pid');
  const exit = fact('last exit code');
  const exitStatus = exit === undefined ? undefined : Number.parseInt(exit, 10);
  const status = state === 'running' || pid !== undefined ? 'running' : 'stopped';
  return {
    status: state === undefined && pid === undefined ? 'unknown' : status,
    ...(state === undefined ? {} : { state }),
    ...(pid === undefined ? {} : { pid: Number(pid) }),
    ...(exitStatus === undefined || Number.isNaN(exitStatus) ? {} : { lastExitStatus: exitStatus }),
  };
}
