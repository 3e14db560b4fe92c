/**
 * What reaches 500 subscribers: single broadcasts, and the events of 32 answers that stream. The baseline is a bare `ws`
 * broadcast of messages as long as the gateway's average frame. Deliveries are counted where they arrive.
 */
import { figure } from '../figures.js';
import type { FanOutSource } from '../load-protocol.js';
import { failuresOf, measureInTurns } from '../rounds.js';
import { baselineFanOut, deliveryFigures, gatewayFanOut } from './fan-out-sides.js';
import type { Scenario } from './scenario.js';

const subscribers = 500;
/** Broadcasts under way at a time: no side ever waits for the next. */
const inFlight = 4;

function fanOut(name: string, what: string, source: FanOutSource): Scenario {
  return {
    name,
    run: async (bench) => {
      const gateway = await gatewayFanOut(bench, { subscribers, source });
      const { bytesPerFrame } = await gateway.load(bench.timing.warmUpMs);
      const baseline = await baselineFanOut(bench, subscribers, inFlight, bytesPerFrame);
      const measured = await measureInTurns({ baseline, gateway }, bench.timing);
      return {
        scenario: name,
        figures: [
          ...deliveryFigures(name, what, measured.gateway, measured.baseline),
          figure(`${name}.frame`, 'average frame', 'B', bytesPerFrame),
        ],
        skipped: [],
        failures: failuresOf(measured),
        details: measured,
      };
    },
  };
}

export const broadcast500 = fanOut('broadcast-500', 'broadcasts', { kind: 'broadcasts', inFlight });
export const runs32x500 = fanOut('runs-32x500', '32 answers', { kind: 'runs', count: 32 });
