/** One load on a gateway of its own, without a baseline: rate, latency, CPU. */
import type { Bench } from '../bench.js';
import { figure, type ScenarioResult, type Unit } from '../figures.js';
import type { Gateway, GatewayVariant } from '../gateway.js';
import type { LoadResult } from '../load-protocol.js';
import { treeFiguresMissing } from '../process-tree.js';
import { failuresOf, measureInTurns } from '../rounds.js';

export interface AloneLoad {
  readonly scenario: string;
  readonly variant: GatewayVariant;
  readonly unit: Unit;
  /** What the latency is of. */
  readonly latency: string;
  /** What one item of the load is called. */
  readonly item: string;
  load(gateway: Gateway, durationMs: number): Promise<LoadResult>;
}

export async function measureAlone(bench: Bench, alone: AloneLoad): Promise<ScenarioResult> {
  const { scenario, unit, latency } = alone;
  const gateway = await bench.freshGateway(alone.variant);
  try {
    const side = { pid: gateway.pid, load: (durationMs: number) => alone.load(gateway, durationMs) };
    const measured = await measureInTurns({ gateway: side }, bench.timing);
    const { rate, p50Ms, p99Ms, cpuMicros } = measured.gateway;
    const cpu = { id: `${scenario}.cpu`, label: `CPU per ${alone.item}, process tree` };
    return {
      scenario,
      figures: [
        figure(`${scenario}.rate`, unit, unit, rate),
        figure(`${scenario}.p50`, `${latency}, p50`, 'ms', p50Ms),
        figure(`${scenario}.p99`, `${latency}, p99`, 'ms', p99Ms),
        ...(cpuMicros === undefined ? [] : [figure(cpu.id, cpu.label, 'µs', cpuMicros)]),
      ],
      skipped: treeFiguresMissing === undefined ? [] : [{ ...cpu, reason: treeFiguresMissing }],
      failures: failuresOf(measured),
      details: measured,
    };
  } finally {
    await gateway.stop();
  }
}
