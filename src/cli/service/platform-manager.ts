/** The service manager of this machine, for this profile. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment, Paths } from '../../shared/paths.js';
import { thisUser } from '../../shared/this-user.js';
import { userHome } from './desired.js';
import { createLaunchdManager } from './launchd/launchd-manager.js';
import type { ServiceManager } from './manager.js';
import { serviceNames } from './names.js';
import { commandRunner } from './run-command.js';
import { createSystemdManager, SYSTEM_UNITS, userUnits, withRuntimeDir } from './systemd/systemd-manager.js';
import { createTaskManager } from './windows/task-manager.js';

export interface ManagerRequest {
  readonly env: Environment;
  readonly paths: Paths;
  readonly platform: string;
  /** A unit of the machine is meant, whatever there is. */
  readonly system?: boolean;
}

/** Undefined on systems that have none that is known here. */
export function openServiceManager({
  env,
  paths,
  platform,
  system,
}: ManagerRequest): ServiceManager | undefined {
  const names = serviceNames(env);
  const home = userHome(env, paths);
  switch (platform) {
    case 'linux': {
      const { uid, name } = thisUser();
      const run = commandRunner(withRuntimeDir(env, uid));
      const isSystem = system ?? hasOnlySystemUnit(names.systemdUnit, home);
      return createSystemdManager({
        unit: names.systemdUnit,
        home,
        folder: isSystem ? SYSTEM_UNITS : userUnits(home),
        user: isSystem ? ownerOf(paths.stateDir) : name,
        system: isSystem,
        run,
      });
    }
    case 'darwin': {
      const { launchdLabel: label, profile } = names;
      return createLaunchdManager({ label, profile, home, uid: thisUser().uid, run: commandRunner(env) });
    }
    case 'win32':
      return createTaskManager({
        task: names.windowsTask,
        stateDir: paths.stateDir,
        env,
        run: commandRunner(env),
      });
    default:
      return undefined;
  }
}

function hasOnlySystemUnit(unit: string, home: string): boolean {
  return !existsSync(join(userUnits(home), unit)) && existsSync(join(SYSTEM_UNITS, unit));
}

/** A unit of the machine runs as whoever has the state directory: root may install it for somebody else. */
function ownerOf(stateDir: string): string {
  const { uid, name } = thisUser();
  const owner = statSync(stateDir, { throwIfNoEntry: false })?.uid ?? uid;
  return owner === uid ? name : String(owner);
}
