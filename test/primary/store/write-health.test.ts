import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { createWriteHealth } from '../../../src/primary/store/write-health.js';

it('is good, and nothing is tried, until a write has failed', () => {
  const attempt = vi.fn(async () => {});
  const health = createWriteHealth(attempt);
  expect(health.check()).toBe(true);
  health.failed();
  expect(health.check()).toBe(false);
  expect(attempt).toHaveBeenCalledTimes(1);
});

it('is good again when a try succeeds, and only then', async () => {
  const tries = [Promise.reject(new Error('no space left')), Promise.resolve()];
  const attempt = vi.fn(() => tries.shift() ?? Promise.reject(new Error('nobody asked')));
  const health = createWriteHealth(attempt);
  health.failed();
  const seen: boolean[] = [];
  for (let asked = 0; asked < 4; asked += 1) {
    seen.push(health.check());
    await nextTurn();
  }
  expect(seen).toEqual([false, false, true, true]);
  expect(attempt).toHaveBeenCalledTimes(2);
});

it('has one try under way at most', () => {
  const attempt = vi.fn(() => new Promise<void>(() => {}));
  const health = createWriteHealth(attempt);
  health.failed();
  expect([health.check(), health.check()]).toEqual([false, false]);
  expect(attempt).toHaveBeenCalledTimes(1);
});
