/** `pllan sessions import <dir>`: sessions of an export into the store of a gateway that does not run. */
import { statSync } from 'node:fs';
import type { CommandHandler } from '../command.js';
import { expandHome } from '../../shared/paths.js';
import type { SessionSink } from '../../shared/stored-sessions.js';
import { toError } from '../../shared/to-error.js';
import { plainText } from '../output/plain-text.js';
import { counted } from '../sessions/human.js';
import { importSessions, type ImportReport } from '../sessions/import-files.js';
import { UserError } from '../user-error.js';

export const sessionsImport: CommandHandler = async (options, { env, paths, output, storedSessions }) => {
  const path = expandHome(options.requiredArg('dir'), paths.home);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new UserError(`${path} is no folder`);
  const replace = options.flag('overwrite');
  let opened = false;
  const use = (sink: SessionSink): Promise<ImportReport> => {
    opened = true;
    return importSessions(sink, path, replace);
  };
  const report = await storedSessions.write({ env, paths }, use).catch((caught: unknown) => {
    if (opened) throw caught;
    throw new UserError(`Cannot write to the store: ${toError(caught).message}`);
  });
  const { sessions, lines, refused } = report;
  if (options.flag('json')) output.document({ ok: refused.length === 0, path, ...report });
  else output.print(`Imported ${counted(sessions, 'session')} with ${counted(lines, 'line')} from ${path}.`);
  output.note(...notes(report));
  return refused.length === 0 ? 0 : 1;
};

function notes({ refused, skipped, skippedLines, unnamed }: ImportReport): string[] {
  const rest = skippedLines - skipped.length;
  return [
    ...refused.map(({ key, reason }) => `Not imported: ${key}: ${reason}`),
    ...skipped.map(({ file, line, reason }) => `Skipped line ${line} of ${file}: ${reason}`),
    ...(rest > 0 ? [`Skipped ${counted(rest, 'more line')}.`] : []),
    ...unnamed.map((file) => `Not imported: ${file}: no session of the index names it`),
  ].map(plainText);
}
