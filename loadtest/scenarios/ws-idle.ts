/**
 * What an idle authenticated connection costs: resident memory of the process tree with thousands of them, less what it was
 * without, divided by their number. A gateway of its own for each number.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { figure, type Figure, type Skipped } from '../figures.js';
import { openFilesLimit, treeFiguresMissing, treeMemory, type TreeMemory } from '../process-tree.js';
import type { Scenario } from './scenario.js';

const name = 'ws-idle';
const counts = [2_000, 5_000];
/** Files that a process has open besides. */
const otherFiles = 200;

export const wsIdle: Scenario = {
  name,
  run: async (bench) => {
    const figures: Figure[] = [];
    const skipped: Skipped[] = [];
    const details: object[] = [];
    for (const count of counts) {
      const id = `${name}.each-${count}`;
      const label = `resident per connection, ${count} idle`;
      const reason = treeFiguresMissing ?? tooFewFiles(count);
      if (reason === undefined) {
        const { before, after } = await measure(bench, count);
        figures.push(figure(id, label, 'KB', ((after.rssMb - before.rssMb) * 1_024) / count));
        details.push({ count, before, after });
      } else {
        skipped.push({ id, label, reason });
      }
    }
    return { scenario: name, figures, skipped, failures: [], details };
  },
};

async function measure(
  bench: Bench,
  connections: number,
): Promise<{ readonly before: TreeMemory; readonly after: TreeMemory }> {
  const { settleMs } = bench.timing;
  const { pid, wsUrl: url, token, stop } = await bench.freshGateway();
  try {
    await delay(settleMs);
    const before = treeMemory(pid);
    const after = await bench.whileHolding({ url, token, connections }, async () => {
      await delay(settleMs);
      return treeMemory(pid);
    });
    return { before, after };
  } finally {
    await stop();
  }
}

/** Node raises its limit as far as it may, so the hard limit is the one that counts. */
function tooFewFiles(connections: number): string | undefined {
  const limit = openFilesLimit();
  return limit < connections + otherFiles ? `a process may have ${limit} files open (ulimit -Hn)` : undefined;
}
