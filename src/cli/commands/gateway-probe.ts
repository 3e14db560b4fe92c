/** `pllan gateway probe`: every gateway that could be meant, asked at once; exit 1 when none can be used (cli.md §4). */
import type { CommandHandler, ParsedOptions } from '../command.js';
import type { CliConfig } from '../config/cli-config.js';
import { probeLines } from '../gateway-probe/human.js';
import { probeGateways } from '../gateway-probe/report.js';
import { parseSshTarget, type SshTarget } from '../gateway-probe/ssh-tunnel.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

export const gatewayProbe: CommandHandler = async (options, context) => {
  const access = await gatewayAccess(options, context);
  const report = await probeGateways(access, readSsh(options, access.sources.config));
  if (options.flag('json')) context.output.document(report);
  else context.output.print(...probeLines(report, context.output.style));
  return report.ok ? 0 : 1;
};

function readSsh(options: ParsedOptions, { gateway: { remote } }: CliConfig): SshTarget | undefined {
  const typed = options.text('ssh');
  const auto = options.flag('ssh-auto');
  if (typed !== undefined && auto) throw new UserError('Use either --ssh or --ssh-auto.');
  if (auto && remote.sshTarget === null)
    throw new UserError('--ssh-auto needs gateway.remote.sshTarget in the config');
  const target = typed ?? (auto ? remote.sshTarget : null);
  if (target === null) {
    if (options.text('ssh-identity') !== undefined)
      throw new UserError('--ssh-identity needs --ssh or --ssh-auto');
    return undefined;
  }
  const identity = options.text('ssh-identity') ?? remote.sshIdentity ?? undefined;
  return { ...parseSshTarget(target), identity, remotePort: remote.remotePort };
}
