/** How long a `health` RPC takes while one account of a chat network brings a thousand messages a second. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { figure } from '../figures.js';
import { failuresOf } from '../rounds.js';
import { probeHealth } from './health-probes.js';
import type { Scenario } from './scenario.js';

const name = 'channel-flood';
const perSecond = 1_000;

export const channelFlood: Scenario = {
  name,
  run: async (bench) => {
    const { warmUpMs, probeMs } = bench.timing;
    const secret = randomBytes(24).toString('hex');
    const gateway = await bench.freshGateway({
      config: { channels: { webhook: { secret, dmPolicy: 'open', allowFrom: ['*'] } } },
    });
    try {
      const echo = await bench.wsEcho();
      const url = `${gateway.url}/channels/webhook/default`;
      const durationMs = warmUpMs + probeMs;
      const [flood, [probe, floor]] = await Promise.all([
        bench.runFlood({ url, secret, perSecond, durationMs }),
        delay(warmUpMs).then(() => probeHealth(bench, gateway, echo, probeMs)),
      ]);
      return {
        scenario: name,
        figures: [
          figure(`${name}.p50`, 'health p50, flooded account', 'ms', probe.p50Ms, floor.p50Ms),
          figure(`${name}.p99`, 'health p99, flooded account', 'ms', probe.p99Ms, floor.p99Ms),
          figure(`${name}.max`, 'health max, flooded account', 'ms', probe.maxMs, floor.maxMs),
          figure(`${name}.taken`, 'messages taken meanwhile', 'msg/s', flood.completed / flood.seconds),
        ],
        skipped: [],
        failures: failuresOf({ flood, gateway: probe, baseline: floor }),
        details: { probe, floor, flood },
      };
    } finally {
      await gateway.stop();
    }
  },
};
