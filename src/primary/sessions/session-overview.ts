/**
 * How many sessions there are and which were used last, for `health` and `status`: read a moment after something
 * changed, so that asking costs nothing.
 */
import { overviewLimits } from '../../shared/session-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import type { SessionRow, Store } from '../store/store.js';

export interface SessionFacts {
  readonly count: number;
  readonly countByAgent: Readonly<Record<string, number>>;
  /** Last updated first. */
  readonly recent: readonly SessionRow[];
}

export interface SessionOverview {
  readonly facts: SessionFacts;
  /** Reads anew, soon. */
  changed(): void;
  stop(): void;
}

/** Resolves when it has been read once. @throws StoreError */
export async function openSessionOverview(
  store: Store,
  agentIds: () => readonly string[],
  log: Logger,
): Promise<SessionOverview> {
  const read = async (): Promise<SessionFacts> => ({
    count: await store.sessions.count(false),
    countByAgent: Object.fromEntries(
      await Promise.all(agentIds().map(async (id) => [id, await store.sessions.countOf(id)] as const)),
    ),
    recent: await store.sessions.newest({ archived: false, limit: overviewLimits.recent }),
  });
  let facts = await read();
  let timer: NodeJS.Timeout | undefined;
  const refresh = (): void => {
    timer = undefined;
    read().then(
      (current) => void (facts = current),
      (caught: unknown) => log.warn('sessions.overview', toError(caught).message),
    );
  };
  return {
    get facts() {
      return facts;
    },
    changed: () => void (timer ??= setTimeout(refresh, overviewLimits.afterMs)),
    stop: () => clearTimeout(timer),
  };
}
