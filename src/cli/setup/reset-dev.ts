/** `gateway --dev --reset`: puts what the dev profile has aside, so that the next start begins anew (cli.md §2). */
import { existsSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { liveOwner } from '../../shared/instance-lock.js';
import { displayPath, type Paths } from '../../shared/paths.js';
import { makePrivateDir } from '../../shared/private-file.js';
import { toError } from '../../shared/to-error.js';
import { UserError } from '../user-error.js';

/** Nothing is deleted. Gives the folder that has it now; undefined when there was nothing. @throws UserError */
export function resetDev(paths: Paths, now: Date): string | undefined {
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
