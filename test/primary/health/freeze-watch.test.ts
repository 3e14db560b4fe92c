import { expect, it } from 'vitest';
import { watchForFreezes } from '../../../src/primary/health/freeze-watch.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import { waitFor } from '../../support/wait-for.js';

it('tells of a clock that moved by more than its timer explains, either way', async () => {
  const clock = [0, 10, 20, 60_020, 60_030, 0, 10];
  let looks = 0;
  const lines: unknown[] = [];
  const sink = { write: (line: string) => void lines.push((JSON.parse(line) as { event: unknown }).event) };
  const log = createLogger({ level: 'info', subsystem: 'gateway', sink });
  let woken = 0;
  const now = (): number => clock[Math.min(looks++, clock.length - 1)] ?? 0;
  const watch = watchForFreezes(() => (woken += 1), log, now, { freezeCheckMs: 10, freezeMs: 30_000 });
  await waitFor('all looks', () => looks > clock.length);
  watch.stop();
  expect([woken, lines]).toEqual([2, ['clock.jump', 'clock.jump']]);
});
