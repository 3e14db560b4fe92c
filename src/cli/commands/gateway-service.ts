/** `pllan gateway install|uninstall|start|stop|restart`, the same as `pllan daemon …` (cli.md §5). */
import type { GatewayAccess } from '../client/call.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { clientLimits } from '../limits.js';
import { readPort } from '../option-values.js';
import { installService } from '../service/actions/install.js';
import { serviceBlock, type Outcome, type ServiceAction } from '../service/actions/outcome.js';
import { restartGateway } from '../service/actions/restart.js';
import { startService } from '../service/actions/start.js';
import { stopGateway } from '../service/actions/stop.js';
import { uninstallService } from '../service/actions/uninstall.js';
import { readWait } from '../service/actions/wait-for-runs.js';
import { openServiceContext, type ServiceContext } from '../service/context.js';
import { UserError } from '../user-error.js';
import { readTargetFlags } from './client-flags.js';

type Act = (options: ParsedOptions, context: CommandContext, service: ServiceContext) => Promise<Outcome>;

/** One outcome, in the form that was asked for; a failure has its own. */
function command(action: ServiceAction, act: Act): CommandHandler {
  return async (options, context) => {
    const { output } = context;
    const json = options.flag('json');
    try {
      const service = await openServiceContext(context, options.flag('system') ? { system: true } : {});
      const outcome = await act(options, context, service);
      const { result, message, hints = [], warnings = [] } = outcome;
      if (json)
        output.document({
          ok: true,
          action,
          result,
          message,
          ...(hints.length === 0 ? {} : { hints }),
          ...(warnings.length === 0 ? {} : { warnings }),
          service: await serviceBlock(service),
        });
      else output.print(...[message, ...hints].map(output.advice));
      output.note(...warnings.map((warning) => `Warning: ${warning}`));
      return 0;
    } catch (caught) {
      if (!(caught instanceof UserError)) throw caught;
      if (json) output.document({ ok: false, action, error: caught.message, hints: caught.details });
      output.note(caught.message, ...caught.details);
      return 1;
    }
  };
}

export const gatewayInstall = command('install', (options, context) => {
  const runtime = options.text('runtime');
  if (runtime !== undefined && runtime !== 'node') throw new UserError('Invalid --runtime (use "node")');
  const port = options.text('port');
  return installService(context, {
    port: port === undefined ? undefined : readPort(port),
    token: options.text('token'),
    wrapper: options.text('wrapper'),
    force: options.flag('force'),
    system: options.flag('system'),
  });
});

export const gatewayUninstall = command('uninstall', (_options, _context, service) =>
  uninstallService(service),
);

export const gatewayStart = command('start', (_options, _context, service) => startService(service));

export const gatewayStop = command('stop', (options, _context, service) =>
  stopGateway(service, options.flag('disable')),
);

function accessTo(
  { config, paths }: ServiceContext,
  options: ParsedOptions,
  { output }: CommandContext,
): GatewayAccess {
  return {
    flags: readTargetFlags(options),
    sources: { env: config.env, paths, config },
    timeoutMs: clientLimits.timeoutMs,
    expectFinal: false,
    note: (line) => output.note(line),
  };
}

export const gatewayRestart = command('restart', async (options, context, service) => {
  const safe = options.flag('safe');
  const force = options.flag('force');
  const skipDeferral = options.flag('skip-deferral');
  if (safe && force) throw new UserError('Use either --safe or --force.');
  if (skipDeferral && !safe) throw new UserError('--skip-deferral goes with --safe.');
  const wishes = { safe, force, skipDeferral, waitMs: readWait(options.text('wait')) };
  return restartGateway(service, accessTo(service, options, context), wishes);
});
