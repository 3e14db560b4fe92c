/** `gateway --dev --reset`: puts what the dev profile has aside, so that the next start begins anew (cli.md §2). */
import { existsSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { liveOwner } from '../../shared/instance-lock.js';
import { displayPath, resolvePaths, type Paths } from '../../shared/paths.js';
import { makePrivateDir } from '../../shared/private-file.js';
import { toError } from '../../shared/to-error.js';
import { UserError } from '../user-error.js';

/** Variables may say that the dev profile lives where the default one does. @throws UserError */
function requireOwnPaths({ home, stateDir, configPath, workspace }: Paths): void {
  const others = resolvePaths({ PLLAN_HOME: home });
  const shared = [
    [configPath, others.configPath],
    [stateDir, others.stateDir],
    [workspace, others.workspace],
  ].find(([own, other]) => own === other);
  if (!shared) return;
  throw new UserError(
    `${displayPath(shared[0] ?? '', home)} is the default profile's; nothing has been moved.`,
    ['Unset PLLAN_STATE_DIR, PLLAN_CONFIG_PATH and PLLAN_WORKSPACE_DIR, which stand above --dev.'],
  );
}

/** Nothing is deleted. Gives the folder that has it now; undefined when there was nothing. @throws UserError */
export function resetDev(paths: Paths, now: Date): string | undefined {
  requireOwnPaths(paths);
  const owner = liveOwner(paths.stateDir);
  if (owner)
    throw new UserError(`The dev gateway is running (pid ${owner.pid}); nothing has been moved.`, [
      'Stop it first: pllan --dev gateway stop',
    ]);
  const { configPath, storeDir, workspace, stateDir } = paths;
  const present = [configPath, join(stateDir, 'credentials'), storeDir, workspace].filter((path) =>
    existsSync(path),
  );
  if (present.length === 0) return undefined;
  const trash = join(dirname(stateDir), `.trash-${now.toISOString().replaceAll(/[:.]/g, '-')}`);
  try {
    makePrivateDir(trash);
    for (const path of present) renameSync(path, join(trash, basename(path)));
  } catch (caught) {
    throw new UserError(`Not all could be moved to ${trash}: ${toError(caught).message}`);
  }
  return displayPath(trash, paths.home);
}
