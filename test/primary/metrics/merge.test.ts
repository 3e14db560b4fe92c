import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetricsMerge } from '../../../src/primary/metrics/merge.js';

const one = { name: 'worker-1', id: 1 };
const two = { name: 'worker-2', id: 2 };

async function counted(count: number): Promise<object[]> {
  const registers = [new Registry()];
  new Counter({ name: 'pllan_things_total', help: 'h', labelNames: ['kind'], registers }).inc(
    { kind: 'a' },
    count,
  );
  new Counter({ name: 'process_cpu_seconds_total', help: 'h', registers }).inc(count);
  new Gauge({ name: 'pllan_open', help: 'h', registers }).set(count);
  new Histogram({ name: 'pllan_seconds', help: 'h', buckets: [1, 10], registers }).observe(count);
  return registers[0]?.getMetricsAsJSON() ?? [];
}

const value = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1),
  );

it('adds processes up, and keeps what a dead one had counted', async () => {
  const merge = createMetricsMerge();
  merge.push(one, await counted(5));
  merge.push(two, await counted(2));
  const before = await merge.render();
  expect(value(before, 'pllan_things_total{kind="a"}')).toBe(7);
  expect(value(before, 'process_cpu_seconds_total{process="worker-1"}')).toBe(5);
  expect(value(before, 'pllan_open')).toBe(7);

  merge.retire(one);
  const between = await merge.render();
  expect(value(between, 'pllan_things_total{kind="a"}')).toBe(7);
  expect(value(between, 'process_cpu_seconds_total{process="worker-1"}')).toBe(5);
  expect(value(between, 'pllan_open')).toBe(2);

  merge.push(one, await counted(1));
  const after = await merge.render();
  expect(value(after, 'pllan_things_total{kind="a"}')).toBe(8);
  expect(value(after, 'process_cpu_seconds_total{process="worker-1"}')).toBe(6);
  expect(value(after, 'pllan_seconds_count')).toBe(3);
  expect(value(after, 'pllan_open')).toBe(3);

  merge.retire(one);
  merge.retire(one);
  expect(value(await merge.render(), 'pllan_things_total{kind="a"}')).toBe(8);
});

it('adds up two that have the same name, one beginning and one ending', async () => {
  const merge = createMetricsMerge();
  const successor = { name: one.name, id: 3 };
  merge.push(one, await counted(5));
  merge.push(successor, await counted(2));
  const both = await merge.render();
  expect(value(both, 'process_cpu_seconds_total{process="worker-1"}')).toBe(7);
  expect(value(both, 'pllan_open')).toBe(7);
  merge.retire(one);
  const after = await merge.render();
  expect(value(after, 'process_cpu_seconds_total{process="worker-1"}')).toBe(7);
  expect(value(after, 'pllan_open')).toBe(2);
});
