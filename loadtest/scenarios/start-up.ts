/**
 * Time from spawning the gateway until a WebSocket client that keeps trying gets its hello-ok: with an empty store, and then
 * with 10,000 sessions, one of them with a transcript of 100 MB, beside an empty one in alternating order.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { figure, median } from '../figures.js';
import { notReady, type GatewayPlan } from '../gateway.js';
import { openSocket } from '../rpc-socket.js';
import { deadlines } from '../timing.js';
import type { Scenario } from './scenario.js';

const name = 'start-up';
const fullName = 'start-up-full';
const retryMs = 5;
const stored = { sessions: 10_000, transcriptBytes: 100_000_000 };

async function startOnce(bench: Bench, plan: GatewayPlan): Promise<number> {
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
    while (times.length < bench.timing.starts) times.push(await startOnce(bench, await bench.planGateway()));
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

export const startUpFull: Scenario = {
  name: fullName,
  run: async (bench) => {
    const empty = { plan: await bench.planGateway(), times: [] as number[] };
    const full = { plan: await bench.planGateway(), times: [] as number[] };
    await bench.fillStore({ stateDir: full.plan.stateDir, ...stored });
    // The first start of a state directory makes what later ones find.
    for (const { plan } of [empty, full]) await startOnce(bench, plan);
    for (let round = 0; round < bench.timing.starts; round += 1) {
      for (const side of round % 2 === 0 ? [empty, full] : [full, empty])
        side.times.push(await startOnce(bench, side.plan));
    }
    return {
      scenario: fullName,
      figures: [
        figure(
          `${fullName}.hello-ok`,
          'spawn until hello-ok, full store beside an empty one',
          'ms',
          median(full.times),
          median(empty.times),
        ),
      ],
      skipped: [],
      failures: [],
      details: { full: full.times, empty: empty.times },
    };
  },
};
