/**
 * What reaches 500 subscribers: single broadcasts, and the events of 32 answers that stream. The baseline is a bare `ws`
 * broadcast of messages as long as the gateway's average frame. Deliveries are counted where they arrive.
 */
import { figure, type Figure } from '../figures.js';
import type { FanOutSource } from '../load-protocol.js';
import { briefModel } from '../mock-answers.js';
import { failuresOf, measureInTurns, type Measured } from '../rounds.js';
import { baselineFanOut, deliveryFigures, gatewayFanOut } from './fan-out-sides.js';
import type { Scenario } from './scenario.js';

const subscribers = 500;
/** Broadcasts under way at a time: no side ever waits for the next. */
const inFlight = { kind: 'broadcasts', inFlight: 4 } as const;
/** Lists of who is present are this far apart in the gateway. */
const lists = { kind: 'lists', pauseMs: 110 } as const;

interface FanOut {
  readonly name: string;
  readonly source: FanOutSource;
  readonly baseline: FanOutSource;
  figures(gateway: Measured, baseline: Measured): readonly Figure[];
}

function fanOut({ name, source, baseline: bare, figures }: FanOut): Scenario {
  return {
    name,
    run: async (bench) => {
      const gateway = await gatewayFanOut(bench, { subscribers, source });
      const { bytesPerFrame } = await gateway.load(bench.timing.warmUpMs);
      const baseline = await baselineFanOut(bench, { subscribers, source: bare }, bytesPerFrame);
      const measured = await measureInTurns({ baseline, gateway }, bench.timing);
      return {
        scenario: name,
        figures: [
          ...figures(measured.gateway, measured.baseline),
          figure(`${name}.frame`, 'average frame', 'B', bytesPerFrame),
        ],
        skipped: [],
        failures: failuresOf(measured),
        details: measured,
      };
    },
  };
}

export const broadcast500 = fanOut({
  name: 'broadcast-500',
  source: inFlight,
  baseline: inFlight,
  figures: (gateway, baseline) => deliveryFigures('broadcast-500', 'broadcasts', gateway, baseline),
});
export const broadcastAlone = fanOut({
  name: 'broadcast-alone',
  source: lists,
  baseline: lists,
  figures: (gateway, baseline) => [
    figure('broadcast-alone.rate', 'deliveries/s, one at a time', 'frames/s', gateway.rate, baseline.rate),
    figure('broadcast-alone.p50', 'until it arrives, p50', 'ms', gateway.p50Ms, baseline.p50Ms),
  ],
});
export const runs32x500 = fanOut({
  name: 'runs-32x500',
  source: { kind: 'runs', count: 32, model: briefModel, watched: true },
  baseline: inFlight,
  figures: (gateway, baseline) => deliveryFigures('runs-32x500', '32 answers', gateway, baseline),
});
