/** `pllan completion <shell>`: what a shell needs to complete commands and their options, from the command table. */
import { commands } from '../commands.js';
import type { CommandHandler } from '../command.js';
import { completionScript, shells } from '../setup/completion.js';
import { UserError } from '../user-error.js';

export const completion: CommandHandler = async (options, { output }) => {
  const wanted = options.requiredArg('shell');
  const shell = shells.find((known) => known === wanted);
  if (!shell) throw new UserError(`Unknown shell: ${wanted} (use ${shells.join(', ')})`);
  output.print(completionScript(shell, commands).trimEnd());
  return 0;
};
