/**
 * Counting on hot paths: a cell is found by a key that costs one string, and adding to it allocates nothing.
 * prom-client hashes and copies its labels on every call, which was a fifth of all memory that a request took.
 * Cells turn into prom-client's own form when a snapshot is taken.
 */

export type Labels = Readonly<Record<string, string | number>>;

/** A metric as `Registry.getMetricsAsJSON()` gives it. */
export interface MetricJson {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'histogram';
  readonly aggregator: 'sum';
  readonly values: readonly {
    readonly metricName?: string;
    readonly labels: Labels;
    readonly value: number;
  }[];
}

/** One series: how many, how much in all, and how they spread. */
export interface Cell {
  add(value: number): void;
}

interface Series extends Cell {
  readonly labels: Labels;
  readonly counts: Float64Array;
  count: number;
  sum: number;
}

export interface Cells {
  get(key: string): Cell | undefined;
  /** A new series; with `get` before it, labels are only made once. */
  open(key: string, labels: Labels): Cell;
  /** As a histogram, its counts per bucket included. */
  histogram(name: string, help: string): MetricJson;
  /** The same series as a counter of how many were added. */
  counter(name: string, help: string): MetricJson;
  /** The same series as a counter of what was added. */
  sum(name: string, help: string): MetricJson;
}

/** `buckets` are upper bounds, ascending; none for plain counters. */
export function createCells(buckets: readonly number[] = []): Cells {
  const series = new Map<string, Series>();
  const start = (labels: Labels): Series => {
    const made: Series = {
      labels,
      counts: new Float64Array(buckets.length),
      count: 0,
      sum: 0,
      add(value) {
        made.count += 1;
        made.sum += value;
        for (let i = 0; i < buckets.length; i += 1) {
          if (value <= (buckets[i] as number)) {
            made.counts[i] = (made.counts[i] as number) + 1;
            return;
          }
        }
      },
    };
    return made;
  };
  const counted = (name: string, help: string, value: (of: Series) => number): MetricJson => ({
    name,
    help,
    type: 'counter',
    aggregator: 'sum',
    values: [...series.values()].map((one) => ({ labels: one.labels, value: value(one) })),
  });
  return {
    get: (key) => series.get(key),
    open(key, labels) {
      const made = start(labels);
      series.set(key, made);
      return made;
    },
    histogram: (name, help) => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...series.values()].flatMap((one) => spread(name, one, buckets)),
    }),
    counter: (name, help) => counted(name, help, (one) => one.count),
    sum: (name, help) => counted(name, help, (one) => one.sum),
  };
}

/** Prometheus counts cumulatively: each bucket holds all below it. */
function spread(name: string, one: Series, buckets: readonly number[]): MetricJson['values'] {
  let below = 0;
  const bucket = (le: number | '+Inf', value: number) => ({
    metricName: `${name}_bucket`,
    labels: { le, ...one.labels },
    value,
  });
  return [
    ...buckets.map((le, i) => bucket(le, (below += one.counts[i] as number))),
    bucket('+Inf', one.count),
    { metricName: `${name}_sum`, labels: one.labels, value: one.sum },
    { metricName: `${name}_count`, labels: one.labels, value: one.count },
  ];
}
