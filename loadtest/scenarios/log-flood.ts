/**
 * How long a `health` RPC takes while the log is flooded: by HTTP requests that are a line each, and by a worker that has 100,000
 * lines a second to log, of which it drops what is too much.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { figure, type Figure, type ScenarioResult } from '../figures.js';
import type { Gateway, GatewayVariant } from '../gateway.js';
import { failuresOf } from '../rounds.js';
import { probeHealth } from './health-probes.js';
import { gatewayAsSide } from './http-sides.js';
import type { Scenario } from './scenario.js';

export const logFlood = flood('log-flood', 'flooded log', 64, { config: { logging: { level: 'trace' } } });

export const workerLogFlood = flood('worker-log-flood', 'worker with 100,000 lines/s', 4, {
  env: { PLLAN_TEST_HOOKS: '1', PLLAN_TEST_LOG_LINES: '100000', PLLAN_TEST_LOG_CHARS: '200' },
});

/** As above, each of 10,000 lines as long as a line may be and longer. */
export const longLogFlood = flood('long-log-flood', 'worker with long lines', 4, {
  env: { PLLAN_TEST_HOOKS: '1', PLLAN_TEST_LOG_LINES: '10000', PLLAN_TEST_LOG_CHARS: '1000000' },
});

function flood(name: string, what: string, connections: number, variant: GatewayVariant): Scenario {
  return { name, run: (bench) => measure(bench, { name, what, connections, variant }) };
}

interface Flood {
  readonly name: string;
  /** For people. */
  readonly what: string;
  /** That ask for chat completions meanwhile. */
  readonly connections: number;
  readonly variant: GatewayVariant;
}

async function measure(bench: Bench, { name, what, connections, variant }: Flood): Promise<ScenarioResult> {
  const { warmUpMs, probeMs } = bench.timing;
  const gateway = await bench.freshGateway(variant);
  try {
    const echo = await bench.wsEcho();
    const http = gatewayAsSide(bench, gateway, { connections, stream: false });
    const probed = async () => {
      await delay(warmUpMs);
      await loopDelayP99Ms(gateway); // each reading begins anew
      return probeHealth(bench, gateway, echo, probeMs);
    };
    const [load, [probe, floor]] = await Promise.all([http.load(warmUpMs + probeMs), probed()]);
    const loopP99Ms = await loopDelayP99Ms(gateway);
    const figures: Figure[] = [
      figure(`${name}.p50`, `health p50, ${what}`, 'ms', probe.p50Ms, floor.p50Ms),
      figure(`${name}.p99`, `health p99, ${what}`, 'ms', probe.p99Ms, floor.p99Ms),
      figure(`${name}.max`, `health max, ${what}`, 'ms', probe.maxMs, floor.maxMs),
      figure(`${name}.loop-p99`, `event loop of the primary, p99, ${what}`, 'ms', loopP99Ms),
      figure(`${name}.rate`, `requests meanwhile, ${what}`, 'req/s', load.completed / load.seconds),
    ];
    return {
      scenario: name,
      figures,
      skipped: [],
      failures: failuresOf({ 'HTTP load': load, gateway: probe, baseline: floor }),
      details: { probe, floor, load },
    };
  } finally {
    await gateway.stop();
  }
}

/** Since it was last asked for. */
async function loopDelayP99Ms({ url, token }: Gateway): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const found = /^nodejs_eventloop_lag_p99_seconds\{[^}]*process="primary"[^}]*\} (\S+)$/m.exec(
    await response.text(),
  );
  if (!found) throw new Error('the gateway says nothing of its event loop');
  return Number(found[1]) * 1_000;
}
