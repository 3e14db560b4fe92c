/** `usage.status` and `usage.cost` (methods.md §5). */
import { usageLimits } from '../../../shared/limits.js';
import { dayOf } from '../../../shared/usage.js';
import { usageReport } from '../../sessions/usage-report.js';
import type { Store } from '../../store/store.js';
import { invalidRequest, method, type Method } from './method.js';

const DAY_MS = 86_400_000;

export interface UsageServices {
  readonly store: Store;
}

export function usageMethods({ store }: UsageServices): readonly Method[] {
  return [
    method({
      name: 'usage.status',
      scope: 'operator.read',
      summary: 'What providers say of their quotas: none is asked yet.',
      answers: '`{updatedAt, providers: []}`',
      // What providers say of their quotas is asked of none of them yet.
      answer: () => JSON.stringify({ updatedAt: Date.now(), providers: [] }),
    }),
    method({
      name: 'usage.cost',
      scope: 'operator.read',
      summary: 'Tokens and cost of runs and completions, by UTC day, at the prices of their time.',
      answers:
        '`{updatedAt, days, daily: [{date, …}], totals}`; each with tokens and cost by kind, and `missingCostEntries`, the runs without a price.',
      async answer({ days, startDate, endDate, agentId, agentScope }) {
        if (agentScope === 'all' && agentId !== undefined)
          throw invalidRequest('agentScope=all cannot be combined with agentId');
        const updatedAt = Date.now();
        const to = readDay(endDate ?? dayOf(updatedAt), 'endDate');
        const from = startDate === undefined ? to - (days - 1) * DAY_MS : readDay(startDate, 'startDate');
        const span = (to - from) / DAY_MS + 1;
        if (span < 1) throw invalidRequest('startDate must not be after endDate');
        if (span > usageLimits.days)
          throw invalidRequest(`at most ${usageLimits.days} days can be asked for`);
        const owner = agentId?.toLowerCase();
        const rows = await store.usage.between(dayOf(from), dayOf(to));
        const chosen = rows.filter((row) => owner === undefined || row.agentId === owner);
        return JSON.stringify({ updatedAt, days: span, ...usageReport(chosen) });
      },
    }),
  ];
}

/** @throws RpcError for what is not a day */
function readDay(text: string, field: string): number {
  const at = Date.parse(`${text}T00:00:00.000Z`);
  if (Number.isNaN(at) || dayOf(at) !== text) throw invalidRequest(`${field} must be YYYY-MM-DD`);
  return at;
}
