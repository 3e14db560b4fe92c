/** `pllan setup`: the baseline, without questions (cli.md §13). */
import type { CommandHandler, ParsedOptions } from '../command.js';
import { baselineLines, makeBaseline, writtenFolder, type Wish } from '../setup/baseline.js';
import { readText } from '../option-values.js';
import { UserError } from '../user-error.js';

export const setup: CommandHandler = async (options, context) => {
  if (options.flag('wizard')) {
    if (options.flag('non-interactive')) throw new UserError('Use either --wizard or --non-interactive.');
    const { onboard } = await import('./onboard.js');
    return onboard(options, context);
  }
  const made = await makeBaseline(context, wishesOf(options, context.paths.home));
  const { output, paths } = context;
  if (options.flag('json')) output.document({ ok: true, ...made });
  else output.print(...baselineLines(made, paths.home));
  return 0;
};

/** @throws UserError */
function wishesOf(options: ParsedOptions, home: string): readonly Wish[] {
  const mode = options.text('mode');
  const url = readText(options, 'remote-url');
  const token = readText(options, 'remote-token');
  const workspace = readText(options, 'workspace');
  if (mode !== undefined && mode !== 'local' && mode !== 'remote')
    throw new UserError('Invalid --mode (use "local" or "remote")');
  if (mode !== 'remote' && (url !== undefined || token !== undefined))
    throw new UserError('--remote-url and --remote-token go with --mode remote.');
  if (mode === 'remote' && url === undefined)
    throw new UserError('--mode remote needs --remote-url <ws://… or wss://…>.');
  return [
    ...(mode === undefined ? [] : [{ path: ['gateway', 'mode'], value: mode }]),
    ...(url === undefined ? [] : [{ path: ['gateway', 'remote', 'url'], value: url }]),
    ...(token === undefined ? [] : [{ path: ['gateway', 'remote', 'token'], value: token }]),
    ...(workspace === undefined
      ? []
      : [{ path: ['agents', 'defaults', 'workspace'], value: writtenFolder(workspace, home) }]),
  ];
}
