/**
 * What the gateway does to a `health` call while it sends as much as it can: 2,000 subscribers that come and watch answers
 * stream, and clients that come and go as fast as they can while 500 are told of each. The bare echo, which has nothing else
 * to do, is probed at the same time.
 */
import { figure } from '../figures.js';
import { slowModel } from '../mock-answers.js';
import { failuresOf, measureRound } from '../rounds.js';
import { gatewayFanOut, type FanOutShape } from './fan-out-sides.js';
import { probeHealth } from './health-probes.js';
import type { Scenario } from './scenario.js';

function crowd(name: string, what: string, shape: FanOutShape): Scenario {
  return {
    name,
    run: async (bench) => {
      const target = await bench.gateway();
      const gateway = await gatewayFanOut(bench, shape);
      const echo = await bench.wsEcho();
      const { roundMs } = bench.timing;
      const [load, [probe, floor]] = await Promise.all([
        measureRound(gateway, roundMs),
        probeHealth(bench, target, echo, roundMs),
      ]);
      return {
        scenario: name,
        figures: [
          figure(`${name}.rate`, `deliveries/s, ${what}`, 'frames/s', load.rate),
          figure(`${name}.bytes`, 'of these, MB/s', 'MB', (load.rate * load.bytesPerFrame) / 1e6),
          figure(`${name}.p50`, 'health p50 meanwhile', 'ms', probe.p50Ms, floor.p50Ms),
          figure(`${name}.p99`, 'health p99 meanwhile', 'ms', probe.p99Ms, floor.p99Ms),
        ],
        skipped: [],
        failures: failuresOf({ subscribers: load, probe, baseline: floor }),
        details: { load, probe, floor },
      };
    },
  };
}

export const runs8x2000 = crowd('runs-8x2000', '8 answers, 2,000 subscribers', {
  subscribers: 2_000,
  source: { kind: 'runs', count: 8, model: slowModel, watched: false },
});
export const presenceStorm = crowd('presence-storm', 'presence lists, 500 subscribers', {
  subscribers: 500,
  source: { kind: 'visitors', count: 4 },
});
