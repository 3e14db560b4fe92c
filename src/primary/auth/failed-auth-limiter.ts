/**
 * Counts failed credentials per kind and client, for WebSocket and HTTP together, and locks a client out that has
 * failed too often (protocol.md §10).
 *
 *   counting ──maxAttempts within windowMs──▶ locked ──lockoutMs──▶ forgotten
 *      └── success, window over ──▶ forgotten
 */
import type { AttemptVerdict, AuthClient, CountedSecret } from '../../shared/auth/auth-client.js';
import { failedAuthLimits } from '../../shared/limits.js';

/** What was guessed at: failures of one kind do not count for another. */
export type AuthKind = CountedSecret | 'device-token' | 'bootstrap-token' | 'node-pairing';

export interface RateLimitPolicy {
  readonly maxAttempts: number;
  readonly windowMs: number;
  readonly lockoutMs: number;
  /** Clients on this machine are slowed down instead of locked. */
  readonly exemptLoopback: boolean;
}

export interface FailedAuthLimiter {
  /** Milliseconds until this client may try again; 0 when it may now. Ask before comparing. */
  lockedFor(kind: AuthKind, client: AuthClient): number;
  /** Notes a failure. Gives the milliseconds by which the answer is to be held back. */
  failed(kind: AuthKind, client: AuthClient): number;
  succeeded(kind: AuthKind, client: AuthClient): void;
  /** All three, for a credential that was compared elsewhere: the outcome does not count while there is a lock. */
  attempt(kind: AuthKind, client: AuthClient, right: boolean): AttemptVerdict;
  /** Clients that have failures or a lock, and until when that lasts: 0 without one, on the clock of `now`. */
  known(kind: AuthKind): readonly KnownClient[];
  /** Calls with each change of what `known` gives; a client that is forgotten has `undefined`. */
  watch(kind: AuthKind, changed: (key: string, lockedUntil: number | undefined) => void): void;
  stop(): void;
}

export type KnownClient = readonly [key: string, lockedUntil: number];

interface Entry {
  readonly kind: AuthKind;
  readonly key: string;
  /** When it failed, oldest first; no more than count. */
  failures: number[];
  lockedUntil: number;
}

/** @param policyNow what counts now; of those that are locked out nothing changes
 * @param now milliseconds of a clock that never goes back */
export function createFailedAuthLimiter(
  policyNow: () => RateLimitPolicy,
  now: () => number,
): FailedAuthLimiter {
  const entries = new Map<string, Entry>();
  const watchers = new Map<AuthKind, (key: string, lockedUntil: number | undefined) => void>();
  const nameOf = (kind: AuthKind, { key }: AuthClient): string => `${kind} ${key}`;
  const isExempt = ({ local }: AuthClient): boolean => policyNow().exemptLoopback && local;
  const isOver = ({ failures, lockedUntil }: Entry, at: number): boolean =>
    lockedUntil <= at && (failures.at(-1) ?? 0) + policyNow().windowMs <= at;
  const prune = (): void => {
    const at = now();
    for (const [name, entry] of entries) if (isOver(entry, at)) forget(name);
  };
  const forget = (name: string): void => {
    const entry = entries.get(name);
    if (entry === undefined) return;
    entries.delete(name);
    watchers.get(entry.kind)?.(entry.key, undefined);
  };
  const timer = setInterval(prune, failedAuthLimits.pruneIntervalMs);
  timer.unref();
  const self: FailedAuthLimiter = {
    lockedFor: (kind, client) => Math.max(0, (entries.get(nameOf(kind, client))?.lockedUntil ?? 0) - now()),
    attempt(kind, client, right) {
      const lockedMs = self.lockedFor(kind, client);
      if (lockedMs > 0) return { lockedMs, delayMs: 0 };
      if (!right) return { lockedMs: 0, delayMs: self.failed(kind, client) };
      self.succeeded(kind, client);
      return { lockedMs: 0, delayMs: 0 };
    },
    known: (wanted) =>
      [...entries.values()]
        .filter(({ kind }) => kind === wanted)
        .map(({ key, lockedUntil }) => [key, lockedUntil]),
    watch: (kind, changed) => void watchers.set(kind, changed),
    failed(kind, client) {
      const at = now();
      const policy = policyNow();
      const name = nameOf(kind, client);
      const before = entries.get(name);
      const entry: Entry = before ?? { kind, key: client.key, failures: [], lockedUntil: 0 };
      // Put back at the end: the first one is always the one that has been quiet for longest.
      entries.delete(name);
      entries.set(name, entry);
      entry.failures = [...entry.failures.filter((time) => time + policy.windowMs > at), at].slice(
        -policy.maxAttempts,
      );
      const [oldest] = entries.keys();
      if (entries.size > failedAuthLimits.entries && oldest !== undefined) forget(oldest);
      const { length } = entry.failures;
      const locks = !isExempt(client) && length >= policy.maxAttempts;
      if (locks) {
        entry.lockedUntil = at + policy.lockoutMs;
        entry.failures = [];
      }
      if (locks || !before) watchers.get(kind)?.(client.key, entry.lockedUntil);
      if (isExempt(client)) {
        return Math.min(failedAuthLimits.delayMaxMs, failedAuthLimits.delayMs * 2 ** (length - 1));
      }
      return 0;
    },
    succeeded: (kind, client) => forget(nameOf(kind, client)),
    stop: () => clearInterval(timer),
  };
  return self;
}
