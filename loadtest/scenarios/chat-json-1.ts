/** Chat completions one at a time: what the gateway adds to a call that goes straight to the upstream. */
import { figure } from '../figures.js';
import { failuresOf, measureInTurns } from '../rounds.js';
import { compare } from './comparison.js';
import { directSide, gatewaySide, proxySide } from './http-sides.js';
import type { Scenario } from './scenario.js';

const name = 'chat-json-1';
const shape = { connections: 1, stream: false };

export const chatJson1: Scenario = {
  name,
  run: async (bench) => {
    const measured = await measureInTurns(
      {
        direct: await directSide(bench, shape),
        baseline: await proxySide(bench, shape),
        gateway: await gatewaySide(bench, shape),
      },
      bench.timing,
    );
    const { direct, baseline, gateway } = measured;
    const { figures, skipped } = compare(name, gateway, baseline);
    const added = figure(
      `${name}.added-p50`,
      'added to a direct call, p50',
      'ms',
      gateway.p50Ms - direct.p50Ms,
      baseline.p50Ms - direct.p50Ms,
    );
    return {
      scenario: name,
      figures: [...figures, added],
      skipped,
      failures: failuresOf(measured),
      details: measured,
    };
  },
};
