/**
 * Keeps the number of sessions within what the config allows (runs-and-events.md §7). Nothing goes at once for good:
 *
 *   session ──too old, or one too many──▶ its transcript is archived ──as long again──▶ lines and their images removed
 *
 * Never a main session, a pinned one, or one with a run. Every step is a small commit with a pause after it, so that
 * other work of the event loop hardly waits; a stop in between leaves the rest to the next time.
 */
import { setImmediate as pause } from 'node:timers/promises';
import { durationMs } from '../../shared/config/duration.js';
import type { GatewayConfig } from '../../shared/config/load.js';
import { maintenanceLimits } from '../../shared/session-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { SessionEntry, SessionKey } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import type { SessionRow } from '../store/store.js';
import { createRemovalTally } from './removal-tally.js';
import { removeOldTranscripts } from './old-transcripts.js';
import type { Runs } from './runs.js';
import { agentOf, isCronRun, mainSessionKey } from '../../shared/store/session-keys.js';
import { archiveOf } from './session-renewal.js';
import type { Sessions } from './sessions.js';

export interface MaintenancePolicy {
  /** `warn`: everything is logged and nothing removed. */
  readonly mode: 'enforce' | 'warn';
  readonly pruneAfterMs: number;
  readonly maxEntries: number;
  /** Of sessions that isolated runs of cron jobs leave. */
  readonly cronRetentionMs: number;
}

export function maintenancePolicy({
  session,
  cron,
}: Pick<GatewayConfig, 'session' | 'cron'>): MaintenancePolicy {
  const { mode, pruneAfter, maxEntries } = session.maintenance;
  const pruneAfterMs = durationMs(pruneAfter) ?? Number.POSITIVE_INFINITY;
  const retention = cron.sessionRetention === false ? undefined : durationMs(cron.sessionRetention);
  return { mode, maxEntries, pruneAfterMs, cronRetentionMs: retention ?? pruneAfterMs };
}

export interface MaintenanceOptions {
  readonly sessions: Sessions;
  readonly runs: Pick<Runs, 'liveOf'>;
  policy(): MaintenancePolicy;
  readonly log: Logger;
  now(): number;
}

export interface Maintenance {
  /** Sweeps soon, and from then on again and again. */
  start(): void;
  sweep(): Promise<void>;
  /** Resolves when the step that is going on is done. */
  stop(): Promise<void>;
}

export function createMaintenance(options: MaintenanceOptions): Maintenance {
  const { firstMs, intervalMs } = maintenanceLimits;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let sweeping = Promise.resolve();
  const sweep = async (): Promise<void> => {
    await removeSessions(options, () => stopped);
    await removeTranscripts(options, () => stopped);
  };
  const later = (ms: number): void => {
    timer = setTimeout(() => {
      sweeping = sweep()
        .catch((caught: unknown) => options.log.error('sessions.maintenance', toError(caught).message))
        .then(() => {
          if (!stopped) later(intervalMs);
        });
    }, ms);
    timer.unref();
  };
  return {
    start: () => later(firstMs),
    sweep,
    stop() {
      stopped = true;
      clearTimeout(timer);
      return sweeping;
    },
  };
}

async function removeSessions(options: MaintenanceOptions, stopped: () => boolean): Promise<void> {
  const { sessions, log } = options;
  const policy = options.policy();
  const cutoff = cutoffOf(options);
  const cronCutoff = options.now() - policy.cronRetentionMs;
  const { store } = sessions;
  const count = (await store.sessions.count(false)) + (await store.sessions.count(true));
  const tally = createRemovalTally('sessions', log);
  let surplus = count - policy.maxEntries;
  for await (const { key, entry } of oldestFirst(sessions)) {
    if (stopped() || (entry.updatedAt >= Math.max(cutoff, cronCutoff) && surplus <= 0)) break;
    const old = entry.updatedAt < (isCronRun(key) ? cronCutoff : cutoff);
    if (!old && surplus <= 0) continue;
    if (!mayGo(key, entry, options)) continue;
    const why = old ? 'age' : 'count';
    if (policy.mode === 'warn') tally.add(key);
    else if (!(await remove(key, entry, why, options))) continue;
    surplus -= 1;
  }
  tally.log();
}

async function removeTranscripts(options: MaintenanceOptions, stopped: () => boolean): Promise<void> {
  const { sessions, log } = options;
  const dryRun = options.policy().mode === 'warn';
  if (!stopped()) await removeOldTranscripts({ sessions, cutoff: cutoffOf(options), dryRun, log, stopped });
}

function cutoffOf({ policy, now }: MaintenanceOptions): number {
  return now() - policy().pruneAfterMs;
}

function mayGo(key: SessionKey, entry: SessionEntry, { sessions, runs }: MaintenanceOptions): boolean {
  const { scheme } = sessions;
  if (entry.pinned === true || runs.liveOf(key).length > 0) return false;
  return key !== 'global' && key !== mainSessionKey(scheme, agentOf(key, scheme));
}

/** False when the session was used meanwhile, and so stays. */
function remove(
  key: SessionKey,
  seen: SessionEntry,
  why: 'age' | 'count',
  options: MaintenanceOptions,
): Promise<boolean> {
  const { sessions, log, now } = options;
  const { store } = sessions;
  return sessions.exclusive(key, async () => {
    const entry = await sessions.get(key);
    const { sessionId, updatedAt } = seen;
    const archive = await archiveOf(store, key, sessionId, 'deleted', now());
    const unused = entry?.sessionId === sessionId && entry.updatedAt === updatedAt;
    if (!unused || !mayGo(key, entry, options)) return false;
    await store.commit([
      { type: 'session', key, entry: null },
      ...(archive ? [{ type: 'archive', archive } as const] : []),
    ]);
    sessions.changed(key, { reason: 'delete' });
    const facts = { key, sessionId, updatedAt, why, archive: archive?.name };
    log.info('session.removed', `session ${key} was removed (${why})`, facts);
    return true;
  });
}

/** All sessions, archived ones too; what changes meanwhile may be missed, or come twice. */
async function* oldestFirst(sessions: Sessions): AsyncGenerator<SessionRow> {
  const parts = [oldestOf(sessions, false), oldestOf(sessions, true)];
  const heads = await Promise.all(parts.map(async (part) => ({ part, row: (await part.next()).value })));
  for (;;) {
    const [first] = heads
      .filter(({ row }) => row !== undefined)
      .toSorted((a, b) => (a.row as SessionRow).entry.updatedAt - (b.row as SessionRow).entry.updatedAt);
    if (!first) return;
    yield first.row as SessionRow;
    first.row = (await first.part.next()).value;
  }
}

async function* oldestOf({ store }: Sessions, archived: boolean): AsyncGenerator<SessionRow, undefined> {
  const limit = maintenanceLimits.page;
  for (let after: SessionRow | undefined; ;) {
    const rows = await store.sessions.oldest({ archived, limit, after });
    yield* rows;
    after = rows.at(-1);
    if (rows.length < limit) return;
    await pause();
  }
}
