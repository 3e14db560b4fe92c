/** Chat completions on many connections: JSON on 16 and on 64, streamed on 32. The bare proxy does the same upstream calls. */
import { figure } from '../figures.js';
import { failuresOf, measureInTurns } from '../rounds.js';
import { compare } from './comparison.js';
import { gatewaySide, nodeHttpProxySide, proxySide, type HttpLoadShape } from './http-sides.js';
import type { Scenario } from './scenario.js';

function chatParallel(name: string, shape: HttpLoadShape): Scenario {
  return {
    name,
    run: async (bench) => {
      const measured = await measureInTurns(
        {
          baseline: await proxySide(bench, shape),
          nodeHttp: await nodeHttpProxySide(bench, shape),
          gateway: await gatewaySide(bench, shape),
        },
        bench.timing,
      );
      const { gateway, baseline, nodeHttp } = measured;
      const { figures, skipped } = compare(name, gateway, baseline);
      const label = 'requests/s, proxy on node:http only';
      return {
        scenario: name,
        figures: [...figures, figure(`${name}.rate-node-http`, label, 'req/s', gateway.rate, nodeHttp.rate)],
        skipped,
        failures: failuresOf(measured),
        details: measured,
      };
    },
  };
}

export const chatJson16 = chatParallel('chat-json-16', { connections: 16, stream: false });
export const chatJson64 = chatParallel('chat-json-64', { connections: 64, stream: false });
export const chatSse32 = chatParallel('chat-sse-32', { connections: 32, stream: true });
