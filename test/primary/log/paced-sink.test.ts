import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { paceLines } from '../../../src/primary/log/paced-sink.js';
import { logLimits } from '../../../src/shared/log/limits.js';
import { waitFor } from '../../support/wait-for.js';

function open() {
  const written: string[] = [];
  const lost: number[] = [];
  const sink = paceLines({ write: (line) => void written.push(line) }, (lines) => void lost.push(lines));
  const write = (from: number, to: number): void => {
    for (let n = from; n < to; n += 1) sink.write(String(n), 30);
  };
  return { written, lost, sink, write };
}

const { linesPerTurn, waitingLines } = logLimits;

it('writes a few lines in each turn, in order, and all of them', async () => {
  const { written, write } = open();
  write(0, 100);
  expect(written).toEqual([]);
  await nextTurn();
  expect(written.length).toBeLessThanOrEqual(2 * linesPerTurn);
  write(100, 120);
  await waitFor('all lines', () => written.length === 120);
  expect(written).toEqual(Array.from({ length: 120 }, (_, n) => String(n)));
});

it('writes all that waits when it is to', () => {
  const { written, sink, write } = open();
  write(0, 100);
  sink.flush();
  expect(written).toHaveLength(100);
});

it('drops what there is no room for, and tells how many that were', () => {
  const { written, lost, sink, write } = open();
  write(0, waitingLines + 7);
  sink.flush();
  expect([written.length, lost]).toEqual([waitingLines, [7]]);
});

it('writes all of a flood that is never through, in order', async () => {
  const { written, write, sink } = open();
  const total = 2 * waitingLines;
  write(0, 100);
  for (let n = 100; n < total; n += linesPerTurn) {
    write(n, Math.min(n + linesPerTurn, total));
    await nextTurn();
  }
  sink.flush();
  expect(written).toEqual(Array.from({ length: total }, (_, n) => String(n)));
});
