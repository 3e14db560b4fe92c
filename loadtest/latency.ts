/**
 * Collects response times in a histogram (microseconds inside, milliseconds outside), so that a long run needs no more
 * memory than a short one.
 */
import { createHistogram } from 'node:perf_hooks';

export interface LatencySummary {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LatencyRecorder {
  /** Adds one response time in milliseconds. */
  add(milliseconds: number): void;
  summary(): LatencySummary;
}

export function createLatencyRecorder(): LatencyRecorder {
  const histogram = createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 });
  return {
    add: (milliseconds) => histogram.record(Math.max(1, Math.round(milliseconds * 1_000))),
    summary: () => ({
      p50Ms: histogram.percentile(50) / 1_000,
      p99Ms: histogram.percentile(99) / 1_000,
      maxMs: histogram.count === 0 ? 0 : histogram.max / 1_000,
    }),
  };
}
