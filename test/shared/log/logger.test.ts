import { expect, it } from 'vitest';
import { createLogger } from '../../../src/shared/log/logger.js';
import { logLimits } from '../../../src/shared/log/limits.js';
import { waitFor } from '../../support/wait-for.js';

function logger(now: () => Date) {
  const lines: Record<string, unknown>[] = [];
  const sink = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { lines, log: createLogger({ sink, level: 'info', subsystem: 'worker', now }) };
}

it('a flood is cut off in each second, and what was left out is one line', () => {
  let clock = 0;
  const { lines, log } = logger(() => new Date(clock));
  for (let n = 0; n < 100_000; n += 1) log.info('flood', `line ${n}`);
  expect(lines).toHaveLength(logLimits.recordsPerSecond);
  clock = 1_000;
  log.info('after', 'the flood');
  expect(lines.slice(logLimits.recordsPerSecond)).toMatchObject([
    { event: 'log.dropped', level: 'warn', dropped: 100_000 - logLimits.recordsPerSecond },
    { event: 'after', message: 'the flood' },
  ]);
});

it('says so, too, when nothing comes after it', async () => {
  const { lines, log } = logger(() => new Date(0));
  for (let n = 0; n <= logLimits.recordsPerSecond; n += 1) log.info('flood', `line ${n}`);
  await waitFor('the count', () => lines.at(-1)?.event === 'log.dropped');
  expect(lines.at(-1)).toMatchObject({ dropped: 1 });
});

it('drops what is too long in a second as well, and counts it', () => {
  const { lines, log } = logger(() => new Date(0));
  for (let n = 0; n < 1_000; n += 1) log.info('flood', 'x'.repeat(1_000_000));
  const written = lines.reduce((sum, line) => sum + JSON.stringify(line).length, 0);
  expect(written).toBeLessThan(logLimits.charsPerSecond + 3 * logLimits.messageChars);
  expect(lines.length).toBeGreaterThan(20);
});
