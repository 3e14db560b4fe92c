/**
 * How long a `health` RPC takes while 64 HTTP connections keep the gateway busy: the control plane must not wait for the data
 * plane. The echo baseline, which has nothing else to do, is probed at the same time: its latency is what the busy machine
 * itself costs.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { figure } from '../figures.js';
import { failuresOf } from '../rounds.js';
import { probeHealth } from './health-probes.js';
import { gatewaySide } from './http-sides.js';
import type { Scenario } from './scenario.js';

const name = 'ws-health';

export const wsHealth: Scenario = {
  name,
  run: async (bench) => {
    const { warmUpMs, probeMs } = bench.timing;
    const target = await bench.gateway();
    const echo = await bench.wsEcho();
    const http = await gatewaySide(bench, { connections: 64, stream: false });
    await http.load(warmUpMs);

    // The load starts before the probes and ends after them.
    const saturation = http.load(warmUpMs + probeMs + warmUpMs);
    const probe = delay(warmUpMs).then(() => probeHealth(bench, target, echo, probeMs));
    const [load, [gateway, floor]] = await Promise.all([saturation, probe]);
    return {
      scenario: name,
      figures: [
        figure(`${name}.p50`, 'health p50, HTTP saturated', 'ms', gateway.p50Ms, floor.p50Ms),
        figure(`${name}.p99`, 'health p99, HTTP saturated', 'ms', gateway.p99Ms, floor.p99Ms),
        figure(`${name}.max`, 'health max, HTTP saturated', 'ms', gateway.maxMs, floor.maxMs),
        figure(`${name}.http-rate`, 'HTTP requests/s meanwhile', 'req/s', load.completed / load.seconds),
      ],
      skipped: [],
      failures: failuresOf({ 'HTTP load': load, gateway, baseline: floor }),
      details: { gateway, floor, load },
    };
  },
};
