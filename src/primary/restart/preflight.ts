/** Who would have to wait for a restart, or end by it (methods.md §12). */
import type { RunCounts } from '../sessions/live-runs.js';

export interface Preflight {
  readonly safe: boolean;
  readonly counts: {
    readonly activeRuns: number;
    readonly queueSize: number;
    readonly totalActive: number;
  };
  readonly blockers: readonly Blocker[];
}

interface Blocker {
  readonly kind: 'run' | 'queue';
  readonly count: number;
  readonly message: string;
}

export function preflightOf({ active, waiting }: RunCounts): Preflight {
  const blockers: readonly Blocker[] = [
    { kind: 'run', count: active, message: `${active} run(s) under way` },
    { kind: 'queue', count: waiting, message: `${waiting} run(s) wait for their turn` },
  ];
  return {
    safe: active + waiting === 0,
    counts: { activeRuns: active, queueSize: waiting, totalActive: active + waiting },
    blockers: blockers.filter(({ count }) => count > 0),
  };
}
