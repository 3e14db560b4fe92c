/** The figures that every gateway-against-baseline scenario reports: rate, latency, CPU. */
import { figure, type Figure, type Skipped } from '../figures.js';
import { treeFiguresMissing } from '../process-tree.js';
import type { Measured } from '../rounds.js';

export interface Comparison {
  readonly figures: readonly Figure[];
  readonly skipped: readonly Skipped[];
}

export function compare(scenario: string, gateway: Measured, baseline: Measured): Comparison {
  const cpuId = `${scenario}.cpu`;
  const cpuLabel = 'CPU per request, process tree';
  return {
    figures: [
      figure(`${scenario}.rate`, 'requests/s', 'req/s', gateway.rate, baseline.rate),
      figure(`${scenario}.p50`, 'latency p50', 'ms', gateway.p50Ms, baseline.p50Ms),
      figure(`${scenario}.p99`, 'latency p99', 'ms', gateway.p99Ms, baseline.p99Ms),
      ...(gateway.cpuMicros === undefined
        ? []
        : [figure(cpuId, cpuLabel, 'µs', gateway.cpuMicros, baseline.cpuMicros)]),
    ],
    skipped:
      treeFiguresMissing === undefined ? [] : [{ id: cpuId, label: cpuLabel, reason: treeFiguresMissing }],
  };
}
