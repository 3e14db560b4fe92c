/**
 * What workers' completions used that no run's end records, on its way to the store (architecture §3): added up here and written now and
 * then in one commit, since nothing waits for it. A crash loses what was not written yet, a stop does not.
 */
import { usageLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { DailyUsage } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import { sumDailyUsage } from '../../shared/usage.js';
import type { Store } from '../store/store.js';

export interface UsageLedger {
  add(used: readonly DailyUsage[]): void;
  /** Writes what there is; resolves when it is on disk, or could not be written. */
  flush(): Promise<void>;
}

export function createUsageLedger(store: Store, log: Logger): UsageLedger {
  const waiting = new Map<string, DailyUsage>();
  let timer: NodeJS.Timeout | undefined;
  let failing = false;
  const add = (row: DailyUsage): void => {
    const key = JSON.stringify([row.date, row.agentId, row.provider, row.model]);
    const before = waiting.get(key);
    // Rows are of configured models; a store that cannot be written must not make them more and more all the same.
    if (before || waiting.size < usageLimits.waitingRows)
      waiting.set(key, before ? sumDailyUsage(before, row) : row);
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.size === 0) return;
    const rows = [...waiting.values()];
    waiting.clear();
    try {
      await store.commit(rows.map((used) => ({ type: 'usage', used })));
      failing = false;
    } catch (caught) {
      if (!failing)
        log.error('usage.unwritten', `usage of completions waits to be stored: ${toError(caught).message}`);
      failing = true;
      rows.forEach(add);
    }
  };
  return {
    add(used) {
      used.forEach(add);
      timer ??= setTimeout(() => void flush(), usageLimits.flushMs);
      timer.unref();
    },
    flush,
  };
}
