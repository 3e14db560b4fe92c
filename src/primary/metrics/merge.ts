/**
 * Puts the metrics of several processes together so that counters never go back: what a process had counted
 * when it died is kept as the base of its name, and its successor counts on top. Gauges die with their process.
 */
import {
  AggregatorRegistry,
  type Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client';
import type { MetricsSnapshot } from '../../shared/ipc.js';

type Metric = MetricObjectWithValues<MetricValue<string>>;

/** Two may have the same name for a while, the one that begins and the one that ends; then they are added up. */
export interface MeasuredProcess {
  /** There are few, and a pid is not one of them. */
  readonly name: string;
  readonly id: number;
}

export interface MetricsMerge {
  /** The latest snapshot of a process. */
  push(process: MeasuredProcess, metrics: MetricsSnapshot): void;
  /** The process is gone: what it counted becomes the base of its name. */
  retire(process: MeasuredProcess): void;
  /** Everything together, in Prometheus text. Never waits for anyone. */
  render(): Promise<string>;
}

export function createMetricsMerge(): MetricsMerge {
  const live = new Map<number, Metric[]>();
  const bases = new Map<string, Metric[]>();
  return {
    push({ name, id }, metrics) {
      live.set(
        id,
        (metrics as Metric[]).map((metric) => prepare(metric, name)),
      );
    },
    retire({ name, id }) {
      const last = live.get(id);
      live.delete(id);
      if (!last) return;
      const counted = last.filter(({ type }) => isCumulative(type));
      bases.set(name, sum([bases.get(name) ?? [], counted]));
    },
    async render() {
      return registryOf([...bases.values(), ...live.values()]).metrics();
    },
  };
}

function isCumulative(type: unknown): boolean {
  return type === 'counter' || type === 'histogram';
}

/** Node's own metrics get the process as a label; the gateway's are about the gateway and are added up. */
function prepare(metric: Metric, process: string): Metric {
  const ours = /^(?:pllan|gen_ai)_/.test(metric.name);
  const values = ours
    ? metric.values
    : metric.values.map((value) => ({ ...value, labels: { ...value.labels, process } }));
  return { ...metric, values, aggregator: 'sum' };
}

function sum(sets: readonly Metric[][]): Metric[] {
  const registry = registryOf(sets);
  return registry.getMetricsAsArray().map((metric) => (metric as unknown as { get(): Metric }).get());
}

function registryOf(sets: readonly Metric[][]): Registry {
  return AggregatorRegistry.aggregate([...sets]);
}
