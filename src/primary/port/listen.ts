/** Opens the port on every address of the bind plan, with the messages operators know (config.md §11). */
import { get, type ClientRequest } from 'node:http';
import { get as getSecurely } from 'node:https';
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { portLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { errorCode, toError } from '../../shared/to-error.js';
import type { BindPlan } from '../config/bind.js';
import { StartError } from '../start-error.js';

export interface ListenOptions {
  readonly plan: BindPlan;
  readonly port: number;
  readonly scheme: 'ws' | 'wss';
  /** Makes one listener for each address. */
  createServer(): Server;
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
  const { port, scheme, createServer, log, stop } = options;
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
      if (attempt > portLimits.listenAttempts || (attempt > 1 && (await isLiveGateway(host, port, stop)))) {
        throw new StartError(
          `another gateway instance is already listening on ${scheme}://${host}:${port} (EADDRINUSE)\n` +
            'Stop it with `pllan gateway stop`, take its place with --force, or choose another --port.',
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

/** With TLS or without; whose certificate it is does not matter, since nothing is told to it. */
async function isLiveGateway(host: string, port: number, stop: AbortSignal): Promise<boolean> {
  const target = host === '0.0.0.0' ? '127.0.0.1' : host;
  const ask = { host: target, port, path: '/healthz', agent: false, rejectUnauthorized: false } as const;
  const signal = AbortSignal.any([stop, AbortSignal.timeout(portLimits.liveProbeMs)]);
  const answers = await Promise.all([get, getSecurely].map((send) => saysLive(send({ ...ask, signal }))));
  return answers.includes(true);
}

/** False as well when it says nothing in time, or too much. */
function saysLive(request: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    request.on('error', () => resolve(false));
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
        if (body.length > portLimits.liveProbeBytes) request.destroy();
      });
      response.on('end', () => resolve(body.includes('"status":"live"'))).on('close', () => resolve(false));
    });
  });
}
