import { expect, it } from 'vitest';
import { createCells } from '../../../src/shared/metrics/cells.js';

it('counts like a Prometheus histogram: cumulative buckets, sum, count', () => {
  const cells = createCells([1, 5]);
  const cell = cells.open('a', { route: '/a' });
  for (const value of [0.5, 1, 3, 100]) cell.add(value);
  expect(cells.get('a')).toBe(cell);
  expect(cells.histogram('h', 'help').values).toEqual([
    { metricName: 'h_bucket', labels: { le: 1, route: '/a' }, value: 2 },
    { metricName: 'h_bucket', labels: { le: 5, route: '/a' }, value: 3 },
    { metricName: 'h_bucket', labels: { le: '+Inf', route: '/a' }, value: 4 },
    { metricName: 'h_sum', labels: { route: '/a' }, value: 104.5 },
    { metricName: 'h_count', labels: { route: '/a' }, value: 4 },
  ]);
  expect(cells.counter('c', 'help').values).toEqual([{ labels: { route: '/a' }, value: 4 }]);
  expect(cells.sum('s', 'help').values).toEqual([{ labels: { route: '/a' }, value: 104.5 }]);
});
