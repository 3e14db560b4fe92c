/** Does the rest of a change of several files that a command was ended in (secrets.md §8.2), before anything else. */
import { finishInterrupted } from '../../shared/config/write/lock.js';
import { journalPath } from '../../shared/paths.js';
import { toError } from '../../shared/to-error.js';
import type { Output } from '../output/output.js';
import { UserError } from '../user-error.js';

/** @throws UserError while it cannot be done */
export async function finishJournal(configPath: string, output: Output): Promise<void> {
  const finished = await finishInterrupted(configPath).catch((caught: unknown) => {
    throw new UserError(toError(caught).message, [`What is left to do is in ${journalPath(configPath)}.`]);
  });
  if (!finished) return;
  output.note('A change of secrets that was interrupted has been completed.');
  for (const path of finished.left)
    output.note(`${path} has been changed since and stays as it is; apply the plan again.`);
}
