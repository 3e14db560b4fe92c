/** `pllan gateway probe`: every gateway that could be meant, asked at once; exit 1 when none can be used (cli.md §4). */
import type { CommandHandler, ParsedOptions } from '../command.js';
import type { LocalSources } from '../client/credentials.js';
import { probeLines } from '../gateway-probe/human.js';
import { probeGateways } from '../gateway-probe/report.js';
import { parseSshTarget, type SshTarget } from '../client/ssh-tunnel.js';
import { UserError } from '../user-error.js';
import { gatewayAccess } from './client-flags.js';

export const gatewayProbe: CommandHandler = async (options, context) => {
  const access = await gatewayAccess(options, context);
  const report = await probeGateways(access, readSsh(options, access.sources));
  if (options.flag('json')) context.output.document(report);
  else context.output.print(...probeLines(report, context.output.style));
  return report.ok ? 0 : 1;
};

function readSsh(options: ParsedOptions, { config, env }: LocalSources): SshTarget | undefined {
  const { mode, remote } = config.gateway;
  const typed = options.text('ssh');
  const auto = options.flag('ssh-auto');
  if (typed !== undefined && auto) throw new UserError('Use either --ssh or --ssh-auto.');
  if (auto && remote.sshTarget === null)
    throw new UserError('--ssh-auto needs gateway.remote.sshTarget in the config');
  const isConfigured = auto || (mode === 'remote' && remote.transport === 'ssh');
  const target = typed ?? (isConfigured ? remote.sshTarget : null);
  if (target === null) {
    if (options.text('ssh-identity') !== undefined)
      throw new UserError('--ssh-identity needs --ssh or --ssh-auto');
    return undefined;
  }
  const identity = options.text('ssh-identity') ?? remote.sshIdentity ?? undefined;
  const place = parseSshTarget(target);
  if (!place) throw new UserError('Invalid --ssh (use user@host or user@host:port)');
  return { ...place, identity, remotePort: remote.remotePort, env };
}
