/** Opens the port on every address of the bind plan, with the messages operators know (config.md §11). */
import { get } from 'node:http';
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { portLimits } from '../../shared/limits.js';
import { errorCode, toError } from '../../shared/to-error.js';
import type { BindPlan } from '../config/bind.js';
import { StartError } from '../start-error.js';

/** Addresses that are listened on. `createServer` makes one listener for each. @throws StartError */
export async function listen(plan: BindPlan, port: number, createServer: () => Server): Promise<Server[]> {
  const servers: Server[] = [];
  for (const host of plan.required) servers.push(await listenWithRetries(createServer, host, port));
  for (const host of plan.optional) {
    try {
      servers.push(await listenOnce(createServer(), host, port));
    } catch (caught) {
      void toError(caught); // optional by definition: this system has no such address, or it is taken
    }
  }
  return servers;
}

async function listenWithRetries(createServer: () => Server, host: string, port: number): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenOnce(createServer(), host, port);
    } catch (caught) {
      if (errorCode(caught) !== 'EADDRINUSE') {
        throw new StartError(
          `failed to bind gateway socket on ws://${host}:${port}: ${toError(caught).message}`,
        );
      }
      // A predecessor may be on its way out; one that answers as alive is not.
      if (attempt > portLimits.listenAttempts || (attempt > 1 && (await isLiveGateway(host, port)))) {
        throw new StartError(
          `another gateway instance is already listening on ws://${host}:${port} (EADDRINUSE)\n` +
            'Stop it with `pllan gateway stop`, take its place with --force, or choose another --port.',
        );
      }
      await sleep(portLimits.listenRetryMs);
    }
  }
}

function listenOnce(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function isLiveGateway(host: string, port: number): Promise<boolean> {
  const target = host === '0.0.0.0' ? '127.0.0.1' : host;
  return new Promise((resolve) => {
    const request = get(
      { host: target, port, path: '/healthz', agent: false, timeout: 1_000 },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve(body.includes('"status":"live"')));
      },
    );
    request.on('error', () => resolve(false)).on('timeout', () => request.destroy());
  });
}
