/**
 * What a scenario hands to the report: measured figures, and what could not be measured here and why.
 */

export type Unit =
  | 'req'
  | 'req/s'
  | 'msg/s'
  | 'connects/s'
  | 'runs/s'
  | 'frames/s'
  | 'B'
  | 'ms'
  | 'µs'
  | 'MB'
  | 'KB'
  | '%';

export interface Figure {
  /** `<scenario>.<figure>`; budgets refer to it. */
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  readonly gateway: number;
  /** The same figure of the baseline, measured alternately in the same run. */
  readonly baseline?: number;
}

export interface Skipped {
  readonly id: string;
  readonly label: string;
  readonly reason: string;
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly figures: readonly Figure[];
  readonly skipped: readonly Skipped[];
  /** Failed requests of the measured rounds, both sides, in words; empty when all went well. */
  readonly failures: readonly string[];
  /** Every single measurement behind the figures, for the JSON report. */
  readonly details: unknown;
}

/** A figure with a baseline where there is one. */
export function figure(id: string, label: string, unit: Unit, gateway: number, baseline?: number): Figure {
  return { id, label, unit, gateway, ...(baseline === undefined ? {} : { baseline }) };
}

/** The middle value; of an even count the mean of the two in the middle. NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** Of the straight line that fits the points best; NaN for less than two. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  const both = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  return both / points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
}
