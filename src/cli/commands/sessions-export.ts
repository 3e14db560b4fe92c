/** `pllan sessions export <dir>`: all sessions as files, out of the store itself, whether a gateway runs or not. */
import { existsSync } from 'node:fs';
import type { CommandHandler } from '../command.js';
import { expandHome } from '../../shared/paths.js';
import { plainText } from '../output/plain-text.js';
import { exportSessions } from '../sessions/export-files.js';
import { counted } from '../sessions/human.js';
import { UserError } from '../user-error.js';

export const sessionsExport: CommandHandler = async (options, { env, paths, output, storedSessions }) => {
  const path = expandHome(options.requiredArg('dir'), paths.home);
  if (!existsSync(paths.storeDir))
    throw new UserError(`There is no store in ${paths.stateDir}: no gateway has run there.`);
  const report = await storedSessions.read({ env, paths }, (source) => exportSessions(source, path));
  const { sessions, lines, skipped } = report;
  if (options.flag('json')) output.document({ ok: skipped.length === 0, path, ...report });
  else output.print(`Exported ${counted(sessions, 'session')} with ${counted(lines, 'line')} to ${path}.`);
  output.note(...skipped.map(({ key, reason }) => `Skipped ${plainText(key)}: ${plainText(reason)}`));
  return skipped.length === 0 ? 0 : 1;
};
