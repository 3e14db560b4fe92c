/**
 * Measures several servers under the same load, turn by turn, since a busy machine drifts: a warm-up for each, then rounds in
 * alternating order (A B, B A, A B). A figure is the median over its rounds.
 */
import { median } from './figures.js';
import type { LoadResult } from './load-protocol.js';
import { treeCpuMicros } from './process-tree.js';
import type { Timing } from './timing.js';

/** One server of a comparison. */
export interface Side {
  readonly pid: number;
  /** Runs one load against it. */
  load(durationMs: number): Promise<LoadResult>;
}

export interface Round extends LoadResult {
  readonly rate: number;
  /** CPU time of the server's process tree per completed request; undefined without /proc. */
  readonly cpuMicros: number | undefined;
}

export interface Measured {
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicros: number | undefined;
  readonly errors: number;
  readonly rounds: readonly Round[];
}

export async function measureInTurns<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  timing: Timing,
): Promise<Record<Name, Measured>> {
  const names = Object.keys(sides) as Name[];
  const rounds = new Map<Name, Round[]>(names.map((name) => [name, []]));
  for (const name of names) await sides[name].load(timing.warmUpMs);
  for (let turn = 0; turn < timing.rounds; turn += 1) {
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      rounds.get(name)?.push(await measureRound(sides[name], timing.roundMs));
    }
  }
  const measured = names.map((name) => [name, summarize(rounds.get(name) ?? [])] as const);
  return Object.fromEntries(measured) as Record<Name, Measured>;
}

export async function measureRound<Result extends LoadResult>(
  side: { readonly pid: number; load(durationMs: number): Promise<Result> },
  durationMs: number,
): Promise<Result & Round> {
  const cpuBefore = treeCpuMicros(side.pid);
  const result = await side.load(durationMs);
  const cpuAfter = treeCpuMicros(side.pid);
  const used =
    result.serverCpuMicros ??
    (cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore);
  const cpuMicros = used === undefined || result.completed === 0 ? undefined : used / result.completed;
  return { ...result, rate: result.completed / result.seconds, cpuMicros };
}

function summarize(rounds: readonly Round[]): Measured {
  const cpu = rounds.map((round) => round.cpuMicros).filter((micros) => micros !== undefined);
  return {
    rate: median(rounds.map((round) => round.rate)),
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    cpuMicros: cpu.length === 0 ? undefined : median(cpu),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    rounds,
  };
}

/** What went wrong, one line per side that had errors. */
export function failuresOf(
  measured: Readonly<Record<string, { readonly errors: number }>>,
): readonly string[] {
  return Object.entries(measured)
    .filter(([, side]) => side.errors > 0)
    .map(([name, side]) => `${name}: ${side.errors} failed requests`);
}
