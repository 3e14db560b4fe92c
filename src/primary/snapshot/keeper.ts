/**
 * Keeps the snapshot that the gateway runs with, and swaps it as one (secrets.md §6, config.md §12). Another one comes of
 * another config, or of the same with secrets that were resolved anew; one at a time, each in its turn:
 *
 *   1 asked ──▶ 2 its turn ──▶ 3 refs resolved, all checked and built ──▶ 4 swapped ──▶ 5 known to all
 *                                  │
 *                                  └─ failed: the snapshot before stays ─ for want of a secret: degraded, tried again
 *                                                                         after a growing pause
 *
 * Becoming degraded and becoming healthy again are told once each. The first snapshot is that of the start: where it
 * fails, nothing of the gateway is ever opened.
 */
import { secretLimits } from '../../shared/secrets/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { SecretsUnavailable, type RefFailure } from '../../shared/secrets/failure.js';
import { toError } from '../../shared/to-error.js';
import type { Resolution } from '../../shared/secrets/resolve.js';
import type { PlacedRef } from '../../shared/secrets/config-refs.js';
import type { JudgedRef } from '../../shared/secrets/surfaces.js';
import type { RunningConfig } from '../config/running-config.js';
import { resolveSecrets, type SecretSource } from '../secrets/activation.js';
import type { Snapshot } from './snapshot.js';

/** Who has no value, or works with one that should be newer (secrets.md §7). */
export interface DegradedOwner {
  readonly ownerKind: string;
  readonly ownerId: string;
  readonly state: 'stale' | 'cold';
  readonly paths: readonly string[];
  readonly reason: string;
}

export interface SnapshotKeeper {
  readonly current: Snapshot;
  readonly degradedOwners: readonly DegradedOwner[];
  /** Resolves the secrets of the same config anew. @throws Error when it cannot: nothing has changed then */
  reload(): Promise<Snapshot>;
  /** Runs a task between whose `prepare` and `swap` nobody else swaps. */
  inTurn<T>(task: () => Promise<T>): Promise<T>;
  /** Makes a snapshot of another config. @throws Error when it cannot be run with */
  prepare(source: RunningConfig): Promise<Snapshot>;
  /** At once; resolves when all know. */
  swap(next: Snapshot): Promise<void>;
  /** Values of refs that the snapshot has none of, by another config if one is given; they are not kept. */
  resolve(refs: readonly JudgedRef[], source?: SecretSource): Promise<Resolution>;
  /** Ends what is under way; nothing is tried again. */
  stop(): void;
}

export interface KeeperOptions {
  readonly first: Snapshot;
  readonly home: string;
  /** @throws Error when it cannot be made */
  make(source: RunningConfig, before: Snapshot, signal: AbortSignal): Promise<Snapshot>;
  /** It has been swapped: tells those who do not look at the current one. */
  use(next: Snapshot, before: Snapshot): Promise<void>;
  /** For people: the transition, without a secret in it. */
  signal(text: string): void;
  /** A config that was refused for want of a secret may be run with now. */
  retryConfig(): void;
  /** Of secrets. */
  reloaded(result: 'ok' | 'error'): void;
  readonly log: Logger;
}

/** Whose secrets are wanting: those of the config in use, or of one that is to be. */
type Wanting = 'secrets' | 'config';

export function createSnapshotKeeper(options: KeeperOptions): SnapshotKeeper {
  const { first, home, make, use, signal, log } = options;
  const stopping = new AbortController();
  const wanting = new Set<Wanting>();
  let current = first;
  let degradedOwners: readonly DegradedOwner[] = [];
  let turns: Promise<unknown> = Promise.resolve();
  let waiting: Promise<Snapshot> | undefined;
  let retryMs: number = secretLimits.retryMinMs;
  let retry: NodeJS.Timeout | undefined;

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = turns.then(task);
    turns = turn.catch(noop); // whoever asked for it hears of it
    return turn;
  };
  const failed = (what: Wanting, error: Error): void => {
    degradedOwners = error instanceof SecretsUnavailable ? ownersOf(error, current) : [];
    if (wanting.size === 0) signal(`[SECRETS_RELOADER_DEGRADED] ${error.message}`);
    wanting.add(what);
    clearTimeout(retry);
    retry = setTimeout(again, retryMs).unref();
    retryMs = Math.min(secretLimits.retryMaxMs, retryMs * 2);
  };
  const healthy = (...what: readonly Wanting[]): void => {
    const wereWanting = wanting.size > 0;
    for (const one of what) wanting.delete(one);
    if (wanting.size > 0) return;
    clearTimeout(retry);
    retryMs = secretLimits.retryMinMs;
    degradedOwners = [];
    if (wereWanting) signal('[SECRETS_RELOADER_RECOVERED] secrets are up to date again');
  };
  const again = (): void => {
    if (wanting.has('config')) options.retryConfig();
    else void reload().catch(noop); // it has been logged
  };

  const swap = (next: Snapshot, ...cured: readonly Wanting[]): Promise<void> => {
    const before = current;
    current = next;
    healthy(...cured);
    return use(next, before);
  };
  const resolved = async (source: RunningConfig): Promise<Snapshot> => {
    try {
      return await make(source, current, stopping.signal);
    } catch (caught) {
      const error = toError(caught);
      if (!stopping.signal.aborted) {
        log.warn('secrets.reload-failed', `secrets are not reloaded, those before stay: ${error.message}`);
        failed('secrets', error);
        options.reloaded('error');
      }
      throw error;
    }
  };
  const activate = async (): Promise<Snapshot> => {
    const next = await resolved(current.source);
    await swap(next, 'secrets');
    const { generation } = next;
    log.info('secrets.reloaded', 'secrets are reloaded', { generation });
    options.reloaded('ok');
    // What was missing for another config may be there as well.
    if (wanting.has('config')) options.retryConfig();
    return next;
  };
  const reload = (): Promise<Snapshot> => {
    waiting ??= inTurn(() => {
      waiting = undefined;
      return activate();
    });
    return waiting;
  };

  return {
    get current() {
      return current;
    },
    get degradedOwners() {
      return degradedOwners;
    },
    reload,
    inTurn,
    async prepare(source) {
      try {
        const next = await make(source, current, stopping.signal);
        healthy('config');
        return next;
      } catch (caught) {
        const error = toError(caught);
        if (!stopping.signal.aborted) {
          if (error instanceof SecretsUnavailable) failed('config', error);
          // Its secrets are there; what else is wrong with it does not mend itself.
          else healthy('config');
        }
        throw error;
      }
    },
    swap: (next) => swap(next, 'secrets', 'config'),
    resolve: (refs, source = current.source) =>
      resolveSecrets(refs, source, { home, signal: stopping.signal }),
    stop() {
      clearTimeout(retry);
      stopping.abort();
    },
  };
}

function noop(): void {}

function ownersOf({ failures, places }: SecretsUnavailable, current: Snapshot): DegradedOwner[] {
  const owners = new Map<string, { place: PlacedRef; failures: RefFailure[] }>();
  for (const failure of failures) {
    const place = places.find(({ path }) => path === failure.path);
    if (!place) continue;
    const key = `${place.target.owner}:${place.ownerId}`;
    const known = owners.get(key) ?? { place, failures: [] };
    owners.set(key, { place, failures: [...known.failures, failure] });
  }
  return [...owners.values()].map(({ place, failures: own }) => ({
    ownerKind: place.target.owner,
    ownerId: place.ownerId,
    state: own.some(({ path }) => current.values.has(path)) ? 'stale' : 'cold',
    paths: own.map(({ path }) => path),
    reason: own[0]?.message ?? '',
  }));
}
