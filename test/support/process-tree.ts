/** What a gateway's processes take of the machine (Linux). */
import { readdirSync, readFileSync } from 'node:fs';
import { childrenOf, type TestGateway } from './gateway.js';
import { waitFor } from './wait-for.js';

export interface TreeUse {
  /** Resident, all processes together. */
  readonly bytes: number;
  readonly threads: number;
  /** Processes below the workers. */
  readonly grandchildren: number;
}

export function treeUse({ pid, workers }: TestGateway): TreeUse {
  const all = [pid, ...workers()];
  return {
    bytes: all.reduce((sum, one) => sum + residentOf(one), 0),
    threads: all.reduce((sum, one) => sum + readdirSync(`/proc/${one}/task`).length, 0),
    grandchildren: workers().reduce((sum, one) => sum + childrenOf(one).length, 0),
  };
}

/** What it takes when it has settled: at best no more threads than before, and about as much memory. */
export function settledUse(gateway: TestGateway, before: TreeUse): Promise<TreeUse> {
  return waitFor(
    'the memory',
    () => {
      const use = treeUse(gateway);
      return use.bytes <= before.bytes * 1.2 && use.threads <= before.threads && use;
    },
    55_000,
  ).catch(() => treeUse(gateway));
}

function residentOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}
