import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { createWriteHealth } from '../../../src/primary/store/write-health.js';

const fine = async (): Promise<void> => {};

function openHealth(trial: () => Promise<void>, look: () => Promise<void> = fine) {
  const told: (string | undefined)[] = [];
  const changed = (why: string | undefined): void => void told.push(why);
  return { told, health: createWriteHealth({ trial, look, changed, now: () => 0 }) };
}

it('is good, and nothing is tried, until a write has failed', () => {
  const trial = vi.fn(fine);
  const { health } = openHealth(trial);
  expect(health.check()).toBe(true);
  health.failed('full');
  expect(health.check()).toBe(false);
  expect(trial).toHaveBeenCalledTimes(1);
});

it('is good again when a try succeeds, and only then', async () => {
  const tries = [Promise.reject(new Error('no space left')), Promise.resolve()];
  const trial = vi.fn(() => tries.shift() ?? Promise.reject(new Error('nobody asked')));
  const { health, told } = openHealth(trial);
  health.failed('full');
  const seen: boolean[] = [];
  for (let asked = 0; asked < 4; asked += 1) {
    seen.push(health.check());
    await nextTurn();
  }
  expect(seen).toEqual([false, false, true, true]);
  expect(trial).toHaveBeenCalledTimes(2);
  expect(told).toEqual(['full', undefined]);
});

it('has one try under way at most', () => {
  const trial = vi.fn(() => new Promise<void>(() => {}));
  const { health } = openHealth(trial);
  health.failed('full');
  expect([health.check(), health.check()]).toEqual([false, false]);
  expect(trial).toHaveBeenCalledTimes(1);
});

it('fails without a write when its files cannot be written any more', async () => {
  const { health, told } = openHealth(fine, () => Promise.reject(new Error('read-only')));
  expect(health.check()).toBe(true);
  await nextTurn();
  expect(health.failing).toBe(true);
  expect(told).toEqual(['read-only']);
});

it('writes wait for one try, which comes soon after the failure', async () => {
  const trial = vi.fn(fine).mockRejectedValueOnce(new Error('still full'));
  const { health } = openHealth(trial);
  health.failed('full');
  const writes = await Promise.allSettled([health.tried(), health.tried()]);
  expect(writes).toMatchObject([
    { reason: { message: 'still full' } },
    { reason: { message: 'still full' } },
  ]);
  await health.tried();
  expect(health.failing).toBe(false);
  expect(trial).toHaveBeenCalledTimes(2);
});
