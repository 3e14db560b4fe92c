import { expect, it, onTestFinished, vi } from 'vitest';
import { createHealthMonitor } from '../../../src/primary/health/health-monitor.js';
import { healthLimits } from '../../../src/shared/limits.js';

it('probes in quick succession share one snapshot and one broadcast', () => {
  let now = 1_000_000;
  let broadcasts = 0;
  const collect = (view: string) => ({ view, at: now });
  const health = createHealthMonitor(
    { collect, changed: () => (broadcasts += 1), idle: () => false },
    () => now,
  );
  health.start();
  try {
    now += healthLimits.refreshMinIntervalMs;
    const first = health.probe('full');
    expect(JSON.parse(first)).toMatchObject({ ok: true, ts: now, view: 'full' });
    expect(broadcasts).toBe(2);

    now += healthLimits.refreshMinIntervalMs - 1;
    for (let i = 0; i < 100; i += 1) expect(health.probe('full')).toBe(first);
    expect(JSON.parse(health.probe('redacted'))).toMatchObject({ view: 'redacted' });
    expect(broadcasts).toBe(2);

    now += 1;
    expect(JSON.parse(health.probe('full'))).toMatchObject({ ts: now });
    expect(broadcasts).toBe(3);
  } finally {
    health.stop();
  }
});

it('a clock that is set back stops no refresh', () => {
  let now = 10_000_000;
  const health = createHealthMonitor(
    { collect: () => ({}), changed: () => {}, idle: () => false },
    () => now,
  );
  health.start();
  try {
    now -= 3_600_000;
    expect(JSON.parse(health.probe('full'))).toMatchObject({ ts: now });
  } finally {
    health.stop();
  }
});

it('what changes after its end refreshes nothing', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let collected = 0;
  const collect = () => ({ collected: (collected += 1) });
  const health = createHealthMonitor({ collect, changed: () => {}, idle: () => false });
  health.start();
  health.refreshSoon();
  health.stop();
  const before = collected;
  health.refreshSoon();
  vi.advanceTimersByTime(120_000);
  expect(collected).toBe(before);
});
