/** `POST /tools/invoke` of `sessions_list`: a tool in its thread, which reads the store, without a model around it. */
import { measureAlone } from './alone.js';
import type { Scenario } from './scenario.js';

/** As many as a person's gateway may have after some weeks. */
const sessions = 200;
const call = { tool: 'sessions_list', args: { limit: 20 } };

function toolsInvoke(connections: number): Scenario {
  const name = `tools-invoke-${connections}`;
  return {
    name,
    run: (bench) =>
      measureAlone(bench, {
        scenario: name,
        variant: { sessions },
        unit: 'req/s',
        latency: 'latency',
        item: 'call',
        load: ({ url, token }, durationMs) =>
          bench.runHttpLoad({
            url: `${url}/tools/invoke`,
            token,
            body: JSON.stringify(call),
            connections,
            durationMs,
            expect: '"ok":true',
          }),
      }),
  };
}

export const toolsInvoke1 = toolsInvoke(1);
export const toolsInvoke32 = toolsInvoke(32);
