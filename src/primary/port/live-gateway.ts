/** Whether a gateway answers on a port (config.md §11). */
import { get, type ClientRequest } from 'node:http';
import { get as getSecurely } from 'node:https';
import { portLimits } from '../../shared/limits.js';

/** With TLS or without; whose certificate it is does not matter, since nothing is told to it. */
export async function isLiveGateway(host: string, port: number, stop: AbortSignal): Promise<boolean> {
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
