/** `pllan gateway status`: exit 0 whatever it finds, unless `--require-rpc` (cli.md §3). */
import { openDevice } from '../client/device/device.js';
import type { CommandHandler } from '../command.js';
import { openServiceContext } from '../service/context.js';
import { statusLines } from '../status/human.js';
import { collectStatus } from '../status/report.js';
import { UserError } from '../user-error.js';
import { readClientFlags } from './client-flags.js';

export const gatewayStatus: CommandHandler = async (options, context) => {
  const { paths, output } = context;
  const { target, timeoutMs, json } = readClientFlags(options);
  const probe = !options.flag('no-probe');
  const requireRpc = options.flag('require-rpc');
  if (requireRpc && !probe) throw new UserError('Cannot combine --require-rpc with --no-probe.');

  const device = openDevice(paths.identityDir, (line) => output.note(line));
  const report = await collectStatus({
    flags: target,
    probe,
    deep: options.flag('deep'),
    timeoutMs,
    context: await openServiceContext(context),
    device,
  });
  if (json) output.document(report);
  else output.print(...statusLines(report, paths.home, output.style).map(output.advice));
  return requireRpc && report.rpc?.ok !== true ? 1 : 0;
};
