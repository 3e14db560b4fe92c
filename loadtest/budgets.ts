/**
 * What the gateway has to reach. A ratio compares with the baseline of the same run, so it holds on any machine; an
 * absolute limit is meant for two cores.
 */
import type { Figure } from './figures.js';

export interface Budget {
  readonly figure: string;
  readonly kind: 'ratio-at-least' | 'ratio-at-most' | 'value-at-least' | 'value-at-most';
  readonly limit: number;
}

export type Verdict = 'ok' | 'missed' | 'info';

export const budgets: readonly Budget[] = [
  { figure: 'chat-json-1.added-p50', kind: 'value-at-most', limit: 0.6 },
  { figure: 'chat-json-16.p99', kind: 'ratio-at-most', limit: 1.5 },
  { figure: 'chat-json-64.rate', kind: 'ratio-at-least', limit: 1.0 },
  { figure: 'chat-sse-32.rate', kind: 'ratio-at-least', limit: 0.7 },
  { figure: 'ws-rpc.rate', kind: 'ratio-at-least', limit: 0.6 },
  { figure: 'ws-health.p99', kind: 'value-at-most', limit: 10 },
  { figure: 'config-edits.p99', kind: 'value-at-most', limit: 20 },
  { figure: 'channel-flood.p99', kind: 'value-at-most', limit: 20 },
  { figure: 'log-flood.p99', kind: 'value-at-most', limit: 20 },
  { figure: 'worker-log-flood.p99', kind: 'value-at-most', limit: 20 },
  { figure: 'worker-log-flood.loop-p99', kind: 'value-at-most', limit: 20 },
  { figure: 'long-log-flood.p99', kind: 'value-at-most', limit: 20 },
  { figure: 'broadcast-500.rate', kind: 'ratio-at-least', limit: 0.8 },
  { figure: 'runs-32x500.rate', kind: 'ratio-at-least', limit: 2.5 },
  { figure: 'stalled-reader.rate', kind: 'ratio-at-least', limit: 0.8 },
  { figure: 'start-up.hello-ok', kind: 'value-at-most', limit: 600 },
  { figure: 'start-up-full.hello-ok', kind: 'ratio-at-most', limit: 1.2 },
  { figure: 'memory.idle', kind: 'value-at-most', limit: 220 },
  { figure: 'ws-idle.each-2000', kind: 'value-at-most', limit: 20 },
  { figure: 'ws-connect.rate', kind: 'value-at-least', limit: 1_500 },
  { figure: 'chat-runs.rate', kind: 'value-at-least', limit: 1_000 },
];

export function budgetOf(figure: Figure): Budget | undefined {
  return budgets.find((budget) => budget.figure === figure.id);
}

/** Gateway over baseline; undefined where there is nothing to compare with. */
export function ratioOf(figure: Figure): number | undefined {
  if (figure.baseline === undefined || figure.baseline === 0) return undefined;
  return figure.gateway / figure.baseline;
}

/** A figure that was reached with failed requests on either side misses its budget: fast errors are no throughput. */
export function judge(figure: Figure, errors: number): Verdict {
  const budget = budgetOf(figure);
  if (budget === undefined) return 'info';
  if (errors > 0) return 'missed';
  return reached(figure, budget) ? 'ok' : 'missed';
}

function reached(figure: Figure, { kind, limit }: Budget): boolean {
  const ratio = ratioOf(figure) ?? Number.NaN;
  switch (kind) {
    case 'ratio-at-least':
      return ratio >= limit;
    case 'ratio-at-most':
      return ratio <= limit;
    case 'value-at-least':
      return figure.gateway >= limit;
    case 'value-at-most':
      return figure.gateway <= limit;
    default:
      return kind satisfies never;
  }
}
