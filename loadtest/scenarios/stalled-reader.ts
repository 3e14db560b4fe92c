/**
 * One of 500 subscribers has stopped reading: what the others get, and how late, with and without it. The baseline is the
 * same gateway without it.
 */
import { figure } from '../figures.js';
import { failuresOf, measureInTurns } from '../rounds.js';
import { deliveryFigures, gatewayFanOut } from './fan-out-sides.js';
import type { Scenario } from './scenario.js';

const name = 'stalled-reader';

export const stalledReader: Scenario = {
  name,
  run: async (bench) => {
    const source = { kind: 'broadcasts', inFlight: 1 } as const;
    const measured = await measureInTurns(
      {
        without: await gatewayFanOut(bench, { subscribers: 499, source }),
        with: await gatewayFanOut(bench, { subscribers: 499, stalled: 1, source }),
      },
      bench.timing,
    );
    const { p50Ms, p99Ms } = measured.without;
    return {
      scenario: name,
      figures: [
        ...deliveryFigures(name, 'to the other 499', measured.with, measured.without),
        figure(`${name}.p50`, 'until a broadcast arrives, p50', 'ms', measured.with.p50Ms, p50Ms),
        figure(`${name}.p99`, 'until a broadcast arrives, p99', 'ms', measured.with.p99Ms, p99Ms),
      ],
      skipped: [],
      failures: failuresOf(measured),
      details: measured,
    };
  },
};
