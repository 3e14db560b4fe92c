/** `gateway uninstall`: stopped, disabled, its definition removed. */
import { UserError } from '../../user-error.js';
import type { ServiceContext } from '../context.js';
import { isOurs } from '../definition.js';
import { needManager } from './need-manager.js';
import type { Outcome } from './outcome.js';

export async function uninstallService(context: ServiceContext): Promise<Outcome> {
  // What is not there needs no manager to be removed, as in a container.
  const notInstalled: Outcome = { result: 'not-loaded', message: 'Gateway service not installed.' };
  if (context.manager && !context.manager.command()) return notInstalled;
  const manager = await needManager(context);
  const installed = manager.command();
  if (!installed) return notInstalled;
  if (!isOurs(installed))
    throw new UserError(`${installed.sourcePath} was not written by pllan, and stays.`, [
      'Replace it with `pllan gateway install --force`, or remove it by hand.',
    ]);
  await manager.uninstall();
  return {
    result: 'uninstalled',
    message: 'Gateway service uninstalled.',
    hints: [`Its config and data stay in ${context.paths.stateDir}`],
  };
}
