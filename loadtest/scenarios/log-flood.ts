/** How long a `health` RPC takes while every HTTP request is a line of the log, of which each worker drops what is too much. */
import { setTimeout as delay } from 'node:timers/promises';
import { figure } from '../figures.js';
import { failuresOf } from '../rounds.js';
import { probeHealth } from './health-probes.js';
import { gatewayAsSide } from './http-sides.js';
import type { Scenario } from './scenario.js';

const name = 'log-flood';

export const logFlood: Scenario = {
  name,
  run: async (bench) => {
    const { warmUpMs, probeMs } = bench.timing;
    const gateway = await bench.freshGateway({ config: { logging: { level: 'trace' } } });
    try {
      const echo = await bench.wsEcho();
      const http = gatewayAsSide(bench, gateway, { connections: 64, stream: false });
      const [load, [probe, floor]] = await Promise.all([
        http.load(warmUpMs + probeMs),
        delay(warmUpMs).then(() => probeHealth(bench, gateway, echo, probeMs)),
      ]);
      return {
        scenario: name,
        figures: [
          figure(`${name}.p50`, 'health p50, flooded log', 'ms', probe.p50Ms, floor.p50Ms),
          figure(`${name}.p99`, 'health p99, flooded log', 'ms', probe.p99Ms, floor.p99Ms),
          figure(`${name}.max`, 'health max, flooded log', 'ms', probe.maxMs, floor.maxMs),
          figure(`${name}.lines`, 'lines asked for', 'req/s', load.completed / load.seconds),
        ],
        skipped: [],
        failures: failuresOf({ 'HTTP load': load, gateway: probe, baseline: floor }),
        details: { probe, floor, load },
      };
    } finally {
      await gateway.stop();
    }
  },
};
