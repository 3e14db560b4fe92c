/**
 * Keeps the secrets snapshot: config and values, swapped as one (secrets.md §6). An activation goes
 *
 *   1 asked ──nothing under way──▶ 2 judging refs ──▶ 3 resolving ──▶ 4 building what uses them
 *      │ └──one under way──▶ waits; whoever asks later shares that wait                │
 *      │                                                                               ▼
 *      │         healthy ◀── 7 telling ◀── 6 confirmed by workers ◀── 5 swapped, generation + 1
 *      ▼
 *   8 failed, before the swap ──▶ the snapshot before stays ──▶ degraded, tried again after a growing pause
 *
 * Becoming degraded and becoming healthy again are told once each. The first snapshot is that of the start: where it
 * fails, nothing of the gateway is ever opened.
 */
import { secretLimits } from '../../shared/secrets/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { SecretsUnavailable, type RefFailure } from '../../shared/secrets/failure.js';
import { toError } from '../../shared/to-error.js';
import type { Resolution } from '../../shared/secrets/resolve.js';
import type { JudgedRef } from '../../shared/secrets/surfaces.js';
import { activateSecrets, resolveSecrets, type Activation, type ActivationSources } from './activation.js';

export interface SecretsSnapshot extends Activation {
  /** Counts snapshots since the start. */
  readonly generation: number;
}

/** Who works with values that should be newer (secrets.md §7). */
export interface DegradedOwner {
  readonly ownerKind: string;
  readonly ownerId: string;
  readonly state: 'stale';
  readonly paths: readonly string[];
  readonly reason: string;
}

export interface SecretsKeeper {
  readonly current: SecretsSnapshot;
  readonly degradedOwners: readonly DegradedOwner[];
  /** What is resolved from here on replaces the snapshot. @throws Error when it cannot: nothing has changed then */
  reload(): Promise<SecretsSnapshot>;
  /** Values of refs that the snapshot has none of; they are not kept. */
  resolve(refs: readonly JudgedRef[]): Promise<Resolution>;
  /** Ends what is under way; nothing is tried again. */
  stop(): void;
}

export interface KeeperOptions {
  readonly first: Activation;
  readonly sources: ActivationSources;
  /** Puts a snapshot to use: builds first, and swaps when nothing can fail any more. @throws Error before the swap */
  use(next: SecretsSnapshot): Promise<void>;
  /** For people: the transition, without a secret in it. */
  signal(text: string): void;
  readonly log: Logger;
}

export function createSecretsKeeper({ first, sources, use, signal, log }: KeeperOptions): SecretsKeeper {
  const stopping = new AbortController();
  let current: SecretsSnapshot = { ...first, generation: 1 };
  let degradedOwners: readonly DegradedOwner[] = [];
  let degraded = false;
  let running: Promise<SecretsSnapshot> | undefined;
  let waiting: Promise<SecretsSnapshot> | undefined;
  let retryMs: number = secretLimits.retryMinMs;
  let retry: NodeJS.Timeout | undefined;

  const activate = async (): Promise<SecretsSnapshot> => {
    clearTimeout(retry);
    try {
      const activation = await activateSecrets(sources, stopping.signal);
      const next = { ...activation, generation: current.generation + 1 };
      await use(next);
      current = next;
    } catch (caught) {
      if (!stopping.signal.aborted) failed(toError(caught));
      throw caught;
    }
    recovered();
    return current;
  };
  const failed = (error: Error): void => {
    degradedOwners = error instanceof SecretsUnavailable ? ownersOf(error.failures, current) : [];
    log.warn('secrets.reload-failed', `secrets are not reloaded, those before stay: ${error.message}`);
    if (!degraded) signal(`[SECRETS_RELOADER_DEGRADED] ${error.message}`);
    degraded = true;
    retry = setTimeout(again, retryMs).unref();
    retryMs = Math.min(secretLimits.retryMaxMs, retryMs * 2);
  };
  const recovered = (): void => {
    retryMs = secretLimits.retryMinMs;
    degradedOwners = [];
    log.info('secrets.reloaded', 'secrets are reloaded', { generation: current.generation });
    if (degraded) signal('[SECRETS_RELOADER_RECOVERED] secrets are up to date again');
    degraded = false;
  };
  const start = (): Promise<SecretsSnapshot> => {
    running = activate().finally(() => (running = undefined));
    return running;
  };
  const again = (): void => void reload().catch(noop); // it has been logged
  const reload = (): Promise<SecretsSnapshot> => {
    if (!running && !waiting) return start();
    waiting ??= (running ?? Promise.resolve()).then(noop, noop).then(() => {
      waiting = undefined;
      return start();
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
    resolve: (refs) => resolveSecrets(refs, sources, stopping.signal),
    stop() {
      clearTimeout(retry);
      stopping.abort();
    },
  };
}

function noop(): void {}

function ownersOf(failures: readonly RefFailure[], { refs }: SecretsSnapshot): DegradedOwner[] {
  const owners = new Map<
    string,
    { owner: Omit<DegradedOwner, 'paths' | 'reason'>; failures: RefFailure[] }
  >();
  for (const failure of failures) {
    const place = refs.find(({ path }) => path === failure.path);
    if (!place) continue;
    const key = `${place.target.owner}:${place.ownerId}`;
    const owner = { ownerKind: place.target.owner, ownerId: place.ownerId, state: 'stale' } as const;
    const known = owners.get(key) ?? { owner, failures: [] };
    owners.set(key, { owner, failures: [...known.failures, failure] });
  }
  return [...owners.values()].map(({ owner, failures: own }) => ({
    ...owner,
    paths: own.map(({ path }) => path),
    reason: own[0]?.message ?? '',
  }));
}
