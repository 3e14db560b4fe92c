/**
 * Memory of a gateway's process tree over 200,000 chat completions and more: a reading after each round of load, and the
 * slope of a straight line through them. The first quarter is left out, in which heaps grow to the size they work with.
 */
import { chatBody, chatPath } from '../chat-request.js';
import { figure, slope, type ScenarioResult } from '../figures.js';
import { treeFiguresMissing, treeMemory } from '../process-tree.js';
import { failuresOf } from '../rounds.js';
import type { Scenario } from './scenario.js';

const name = 'endurance';
const id = `${name}.slope`;
const label = 'memory per 1,000 requests';

interface Reading {
  /** Since the start, in thousands. */
  readonly requests: number;
  readonly memoryKb: number;
}

export const endurance: Scenario = {
  name,
  run: async (bench): Promise<ScenarioResult> => {
    if (treeFiguresMissing !== undefined) {
      const skipped = [{ id, label, reason: treeFiguresMissing }];
      return { scenario: name, figures: [], skipped, failures: [], details: {} };
    }
    const { enduranceRequests: enough, roundMs: durationMs } = bench.timing;
    const gateway = await bench.freshGateway();
    const readings: Reading[] = [];
    let requests = 0;
    let errors = 0;
    try {
      while (requests < enough) {
        const { completed, errors: failed } = await bench.runHttpLoad({
          url: `${gateway.url}${chatPath}`,
          token: gateway.token,
          body: chatBody('pllan', false),
          connections: 64,
          durationMs,
          expect: '"choices"',
        });
        if (completed === 0) throw new Error('the gateway answers nothing');
        requests += completed;
        errors += failed;
        readings.push({ requests: requests / 1_000, memoryKb: treeMemory(gateway.pid).pssMb * 1_024 });
      }
    } finally {
      await gateway.stop();
    }
    const settled = readings.filter((reading) => reading.requests > enough / 4_000);
    const points = settled.map(({ requests: x, memoryKb: y }) => ({ x, y }));
    const last = (settled.at(-1)?.memoryKb ?? Number.NaN) / 1_024;
    return {
      scenario: name,
      figures: [
        figure(`${name}.requests`, 'requests in all', 'req', requests),
        figure(`${name}.memory`, 'at the end, shared pages once', 'MB', last),
        figure(id, label, 'KB', slope(points)),
      ],
      skipped: [],
      failures: failuresOf({ gateway: { errors } }),
      details: { readings },
    };
  },
};
