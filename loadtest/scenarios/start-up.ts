/**
 * Time from spawning the gateway until a WebSocket client that keeps trying gets its hello-ok.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { figure, median } from '../figures.js';
import { notReady } from '../gateway.js';
import { openSocket } from '../rpc-socket.js';
import { deadlines } from '../timing.js';
import type { Scenario } from './scenario.js';

const name = 'start-up';
const retryMs = 5;

async function startOnce(bench: Bench): Promise<number> {
  const plan = await bench.planGateway();
  const start = performance.now();
  const gateway = bench.launchGateway(plan);
  try {
    for (;;) {
      try {
        const socket = await openSocket(gateway.wsUrl, gateway.token);
        const elapsed = performance.now() - start;
        socket.terminate();
        return elapsed;
      } catch (cause) {
        const late = performance.now() - start > deadlines.gatewayReadyMs;
        if (late || gateway.hasEnded()) {
          const why = cause instanceof Error ? cause.message : String(cause);
          throw notReady(gateway, `no hello-ok (${why})`);
        }
        await delay(retryMs);
      }
    }
  } finally {
    await gateway.stop();
  }
}

export const startUp: Scenario = {
  name,
  run: async (bench) => {
    const times: number[] = [];
    while (times.length < bench.timing.starts) times.push(await startOnce(bench));
    return {
      scenario: name,
      figures: [
        figure(`${name}.hello-ok`, 'spawn until hello-ok, median', 'ms', median(times)),
        figure(`${name}.slowest`, 'spawn until hello-ok, slowest', 'ms', Math.max(...times)),
      ],
      skipped: [],
      failures: [],
      details: { times },
    };
  },
};
