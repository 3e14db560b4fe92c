/** Does the rest of a change of several files that a command was ended in (secrets.md §8.2), before anything else. */
import { withConfigLock } from '../../shared/config/write/lock.js';
import { journalPath } from '../../shared/paths.js';
import { toError } from '../../shared/to-error.js';
import type { Output } from '../output/output.js';
import { UserError } from '../user-error.js';

/** @throws UserError while it cannot be done: what is there belongs to two states */
export async function finishInterrupted(configPath: string, output: Output): Promise<void> {
  try {
    const finished = await withConfigLock(configPath, (journal) => journal);
    if (!finished) return;
    output.note('A change of secrets that was interrupted has been completed.');
    for (const path of finished.left)
      output.note(`${path} has been changed since and stays as it is; apply the plan again.`);
  } catch (caught) {
    throw new UserError(
      `A change of secrets was interrupted and cannot be completed: ${toError(caught).message}`,
      [`What is left to do is in ${journalPath(configPath)}.`],
    );
  }
}
