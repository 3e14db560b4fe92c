/** What runs used and cost, by day (methods.md §5, `usage.cost`); from the store's daily sums, never from transcripts. */
import type { DailyUsage } from '../../shared/store/records.js';
import { tokenKinds } from '../../shared/usage.js';

/** Tokens by kind, USD by kind, and how many runs have no price. */
export interface UsageTotals {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  totalTokens: number;
  totalCost: number;
  inputCost: number;
  outputCost: number;
  cacheReadCost: number;
  cacheWriteCost: number;
  missingCostEntries: number;
}

export interface UsageReport {
  /** Days on which something was used, in order. */
  readonly daily: readonly (UsageTotals & { readonly date: string })[];
  readonly totals: UsageTotals;
}

/** @param rows in the order of their days */
export function usageReport(rows: readonly DailyUsage[]): UsageReport {
  const daily = new Map<string, UsageTotals>();
  const totals = nothing();
  for (const row of rows) {
    const day = daily.get(row.date) ?? nothing();
    daily.set(row.date, day);
    for (const sum of [day, totals]) add(sum, row);
  }
  return { daily: Array.from(daily, ([date, sum]) => ({ date, ...sum })), totals };
}

function add(sum: UsageTotals, row: DailyUsage): void {
  sum.missingCostEntries += row.unpriced ?? 0;
  for (const kind of tokenKinds) {
    const cost = row.cost?.[kind] ?? 0;
    sum[kind] += row[kind];
    sum.totalTokens += row[kind];
    sum[`${kind}Cost`] += cost;
    sum.totalCost += cost;
  }
}

function nothing(): UsageTotals {
  return {
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    totalTokens: 0,
    totalCost: 0,
    inputCost: 0,
    outputCost: 0,
    cacheReadCost: 0,
    cacheWriteCost: 0,
    missingCostEntries: 0,
  };
}
