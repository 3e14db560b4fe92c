/**
 * CPU time and memory of a process with everything below it, read from Linux's /proc. Elsewhere these figures are skipped.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second in /proc/<pid>/stat: 100 on every Linux platform that Node supports. */
const ticksPerSecond = 100;

export const treeFiguresMissing: string | undefined =
  process.platform === 'linux' ? undefined : `needs /proc, this is ${process.platform}`;

export interface TreeMemory {
  readonly processes: number;
  /** Sum of resident memory; pages that processes share count once for each of them. */
  readonly rssMb: number;
  /** Sum of proportional memory: shared pages count once altogether. */
  readonly pssMb: number;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time in ticks, with that of children that ended. */
  readonly ticks: number;
}

/** A process may end between listing and reading; then it is left out. */
function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything; the fields behind it start with number 3, the state.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { pid, parent: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
}

function readTree(root: number): readonly Stat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined);
  const tree = all.filter((stat) => stat.pid === root);
  for (const member of tree) tree.push(...all.filter((stat) => stat.parent === member.pid));
  return tree;
}

/** CPU time used so far by the tree, in microseconds; undefined where there is no /proc. */
export function treeCpuMicros(root: number): number | undefined {
  if (treeFiguresMissing !== undefined) return undefined;
  const ticks = readTree(root).reduce((sum, stat) => sum + stat.ticks, 0);
  return (ticks / ticksPerSecond) * 1e6;
}

/** Memory of the tree; call only where `treeFiguresMissing` is undefined. */
export function treeMemory(root: number): TreeMemory {
  const tree = readTree(root);
  const sumMb = (key: string): number =>
    tree.reduce((sum, stat) => sum + readKilobytes(stat.pid, key), 0) / 1_024;
  return { processes: tree.length, rssMb: sumMb('Rss'), pssMb: sumMb('Pss') };
}

function readKilobytes(pid: number, key: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(new RegExp(`^${key}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** How many files a process may have open, at most; call only where `treeFiguresMissing` is undefined. */
export function openFilesLimit(): number {
  const limit = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}
