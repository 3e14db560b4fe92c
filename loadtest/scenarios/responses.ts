/**
 * `POST /v1/responses` on 64 connections, beside the bare proxy with chat completions: both ask the upstream the same. Once
 * without a trace, and once as clients do by default: each response is a session of its own in the store, to be continued.
 */
import { figure } from '../figures.js';
import { failuresOf, measureInTurns } from '../rounds.js';
import { compare } from './comparison.js';
import { proxySide, responsesSide } from './http-sides.js';
import type { Scenario } from './scenario.js';

const name = 'responses-64';
const connections = 64;

export const responses64: Scenario = {
  name,
  run: async (bench) => {
    const measured = await measureInTurns(
      {
        baseline: await proxySide(bench, { connections, stream: false }),
        gateway: await responsesSide(bench, connections, false),
        stored: await responsesSide(bench, connections, true),
      },
      bench.timing,
    );
    const { gateway, baseline, stored } = measured;
    const { figures, skipped } = compare(name, gateway, baseline);
    return {
      scenario: name,
      figures: [
        ...figures,
        figure(`${name}.rate-stored`, 'requests/s, stored', 'req/s', stored.rate),
        figure(`${name}.p99-stored`, 'latency p99, stored', 'ms', stored.p99Ms),
      ],
      skipped,
      failures: failuresOf(measured),
      details: measured,
    };
  },
};
