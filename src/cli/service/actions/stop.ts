/** `gateway stop`: by the service manager when it has the gateway, else the process itself, once it is known to be one of ours. */
import { UserError } from '../../user-error.js';
import type { ServiceContext } from '../context.js';
import { findGateway, hasEnded, signalGateway, strangerOn, type RunningGateway } from '../running-gateway.js';
import type { Outcome } from './outcome.js';

export async function stopGateway(context: ServiceContext, disable: boolean): Promise<Outcome> {
  const { manager, paths } = context;
  const installed = manager?.command();
  const managed = installed !== undefined && (await isManaged(context));
  const told = managed ? (await manager?.runtime())?.pid : undefined;
  if (manager && managed) await manager.stop(disable);
  // Also one beside the service: whoever stops the gateway wants none to run.
  const running = findGateway(paths.stateDir);
  // A second signal would end at once what has been told to end already.
  if (running) await end(running, running.pid !== told);
  if (managed) return { result: 'stopped', message: 'Gateway service stopped.' };
  if (running) return { result: 'stopped', message: `Gateway stopped (pid ${running.pid}).` };
  if (installed) return { result: 'not-loaded', message: 'Gateway service disabled.' };
  const { port } = context.config.gateway;
  const stranger = await strangerOn(port);
  return {
    result: 'not-loaded',
    message: 'No gateway process found',
    ...(stranger === undefined
      ? {}
      : { hints: [`Port ${port} is held by ${stranger}, which was left alone.`] }),
  };
}

/** The manager has it loaded, or runs it all the same. */
export async function isManaged({ manager }: ServiceContext): Promise<boolean> {
  if (!manager) return false;
  return (await manager.isLoaded()) || (await manager.runtime()).status === 'running';
}

async function end(running: RunningGateway, tell: boolean): Promise<void> {
  if (tell) signalGateway(running, 'SIGTERM');
  if (await hasEnded(running)) return;
  throw new UserError(`The gateway (pid ${running.pid}) did not end.`, [
    'See its log; to end it at once: kill -9',
  ]);
}
