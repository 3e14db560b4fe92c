/**
 * What is checked before the gateway stops to start anew: all that a start checks, that the state dir takes what a start
 * writes, and the port if it is another one.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import { makeStartPlan, type StartPlan } from '../config/start-plan.js';
import type { Paths } from '../../shared/paths.js';
import { refusedBySystem } from '../start-error.js';
import { lookAtFiles } from '../store/folder-trial.js';
import { listenOnce } from '../port/listen.js';

const REMEDY = 'Make it writable again, then ask again.';

/** @throws StartError, AbortError when `stop` came first, or what listening fails with */
export async function checkStart(
  options: GatewayOptions,
  current: StartPlan,
  stop: AbortSignal,
): Promise<StartPlan> {
  const next = await makeStartPlan(options, stop);
  await checkStateDir(options.paths);
  if (next.port === current.port) return next;
  for (const host of next.bind.required) {
    const server = await listenOnce(createServer(), host, next.port);
    await new Promise((resolve) => server.close(resolve));
  }
  return next;
}

async function checkStateDir({ stateDir, storeDir }: Paths): Promise<void> {
  try {
    await access(stateDir, constants.W_OK);
    await lookAtFiles(storeDir);
  } catch (caught) {
    throw refusedBySystem(`the state directory ${stateDir} cannot be written`, caught, REMEDY);
  }
}
