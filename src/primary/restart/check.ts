/** What is checked before the gateway stops to start anew: all that a start checks, and the port if it is another one. */
import { createServer } from 'node:net';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import { makeStartPlan, type StartPlan } from '../config/start-plan.js';
import { listenOnce } from '../port/listen.js';

/** @throws StartError, AbortError when `stop` came first, or what listening fails with */
export async function checkStart(
  options: GatewayOptions,
  current: StartPlan,
  stop: AbortSignal,
): Promise<StartPlan> {
  const next = await makeStartPlan(options, stop);
  if (next.port === current.port) return next;
  for (const host of next.bind.required) {
    const server = await listenOnce(createServer(), host, next.port);
    await new Promise((resolve) => server.close(resolve));
  }
  return next;
}
