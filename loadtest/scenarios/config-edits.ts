/**
 * How long a `health` RPC takes while the config is edited several times a second, now and then so that the workers are
 * replaced, and 64 HTTP connections, 200 WebSockets and 50 answers that stream keep the gateway busy.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createConfigEdits } from '../config-edits.js';
import { figure } from '../figures.js';
import { failuresOf } from '../rounds.js';
import { probeHealth } from './health-probes.js';
import { gatewayAsSide } from './http-sides.js';
import type { Scenario } from './scenario.js';

const name = 'config-edits';
const editEveryMs = 100;

export const configEdits: Scenario = {
  name,
  run: async (bench) => {
    const { warmUpMs, probeMs } = bench.timing;
    const gateway = await bench.freshGateway();
    try {
      const { wsUrl, token, stateDir } = gateway;
      const echo = await bench.wsEcho();
      const edits = createConfigEdits(stateDir);
      const http = gatewayAsSide(bench, gateway, { connections: 64, stream: false });
      const streams = gatewayAsSide(bench, gateway, { connections: 50, stream: true });
      await http.load(warmUpMs);
      const loadMs = warmUpMs + probeMs + warmUpMs;
      return await bench.whileHolding({ url: wsUrl, token, connections: 200 }, async () => {
        const [load, streamed, made, [probe, floor]] = await Promise.all([
          http.load(loadMs),
          streams.load(loadMs),
          edits.run(loadMs, editEveryMs),
          delay(warmUpMs).then(() => probeHealth(bench, gateway, echo, probeMs)),
        ]);
        return {
          scenario: name,
          figures: [
            figure(`${name}.p50`, 'health p50, config edited', 'ms', probe.p50Ms, floor.p50Ms),
            figure(`${name}.p99`, 'health p99, config edited', 'ms', probe.p99Ms, floor.p99Ms),
            figure(`${name}.max`, 'health max, config edited', 'ms', probe.maxMs, floor.maxMs),
            figure(`${name}.http-rate`, 'HTTP requests/s meanwhile', 'req/s', load.completed / load.seconds),
          ],
          skipped: [],
          failures: failuresOf({ 'HTTP load': load, streams: streamed, gateway: probe, baseline: floor }),
          details: { edits: made, probe, floor, load, streamed },
        };
      });
    } finally {
      await gateway.stop();
    }
  },
};
