/** Opens the port on every address of the bind plan, with the messages operators know (config.md §11). */
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { portLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { errorCode, toError } from '../../shared/to-error.js';
import type { BindPlan } from '../config/bind.js';
import { exitCodes, StartError } from '../start-error.js';
import { isLiveGateway } from './live-gateway.js';

export interface ListenOptions {
  readonly plan: BindPlan;
  readonly port: number;
  readonly scheme: 'ws' | 'wss';
  /** Makes one listener for each address. */
  createServer(): Server;
  /** A service manager would start it again and again, until it is told not to. */
  readonly ofSystemd: boolean;
  readonly log: Logger;
  /** Ends the wait for a port that is taken. */
  readonly stop: AbortSignal;
}

/** Addresses that are listened on. @throws StartError, or AbortError when `stop` ended the wait */
export async function listen(options: ListenOptions): Promise<Server[]> {
  const { plan, port, createServer } = options;
  const servers: Server[] = [];
  for (const host of plan.required) servers.push(await listenWithRetries(host, options));
  for (const host of plan.optional) {
    try {
      servers.push(await listenOnce(createServer(), host, port));
    } catch (caught) {
      void toError(caught); // optional by definition: this system has no such address, or it is taken
    }
  }
  return servers;
}

async function listenWithRetries(host: string, options: ListenOptions): Promise<Server> {
  const { port, scheme, createServer, ofSystemd, log, stop } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenOnce(createServer(), host, port);
    } catch (caught) {
      if (errorCode(caught) !== 'EADDRINUSE') {
        throw new StartError(
          `failed to bind gateway socket on ${scheme}://${host}:${port}: ${toError(caught).message}`,
        );
      }
      // A predecessor may be on its way out; one that answers as alive is not.
      const isTwin = attempt > 1 && (await isLiveGateway(host, port, stop));
      if (isTwin || attempt > portLimits.listenAttempts) {
        throw new StartError(
          `another gateway instance is already listening on ${scheme}://${host}:${port} (EADDRINUSE)\n` +
            'Stop it with `gateway stop` of its profile, take its place with --force, or choose another --port.',
          isTwin && ofSystemd ? exitCodes.configuration : exitCodes.failure,
        );
      }
      if (attempt === 1) log.info('port.taken', `port ${port} is taken; waiting for it to become free`);
      await sleep(portLimits.listenRetryMs, undefined, { signal: stop });
    }
  }
}

export function listenOnce(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
