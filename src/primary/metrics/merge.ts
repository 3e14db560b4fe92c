/**
 * Puts the metrics of several processes together so that counters never go back: what a process had counted
 * when it died is kept as its slot's base, and its successor counts on top. Gauges die with their process.
 */
import {
  AggregatorRegistry,
  type Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client';
import type { MetricsSnapshot } from '../../shared/ipc.js';

type Metric = MetricObjectWithValues<MetricValue<string>>;

export interface MetricsMerge {
  /** The latest snapshot of a process; `process` is a slot's name, never a pid. */
  push(process: string, metrics: MetricsSnapshot): void;
  /** The process is gone: what it counted becomes the base of its slot. */
  retire(process: string): void;
  /** Everything together, in Prometheus text. Never waits for anyone. */
  render(): Promise<string>;
}

export function createMetricsMerge(): MetricsMerge {
  const live = new Map<string, Metric[]>();
  const bases = new Map<string, Metric[]>();
  return {
    push(process, metrics) {
      live.set(
        process,
        (metrics as Metric[]).map((metric) => prepare(metric, process)),
      );
    },
    retire(process) {
      const last = live.get(process);
      live.delete(process);
      if (!last) return;
      const counted = last.filter(({ type }) => isCumulative(type));
      bases.set(process, sum([bases.get(process) ?? [], counted]));
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
