/** The manager that a command cannot do without. */
import { UserError } from '../../user-error.js';
import type { ServiceContext } from '../context.js';
import type { InstalledService } from '../definition.js';
import type { ServiceManager } from '../manager.js';

/** @throws UserError where there is none, or it cannot be used here */
export async function needManager({ manager, platform }: ServiceContext): Promise<ServiceManager> {
  if (!manager)
    throw new UserError(`Gateway service install not supported on ${platform}`, [
      'Run `pllan gateway` in the foreground, under a supervisor of your own.',
    ]);
  const problem = await manager.problem();
  if (problem) throw new UserError(problem.message, problem.hints);
  return manager;
}

/** @throws UserError */
export function needInstalled(manager: ServiceManager | undefined): InstalledService {
  const installed = manager?.command();
  if (installed) return installed;
  throw new UserError('Gateway service not installed.', [
    'Install it with: pllan gateway install',
    'Or run it in the foreground: pllan gateway',
  ]);
}
