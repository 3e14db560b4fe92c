/**
 * Counts failed credentials per kind and client, for WebSocket and HTTP together, and locks a client out that has
 * failed too often (protocol.md §10).
 *
 *   counting ──maxAttempts within windowMs──▶ locked ──lockoutMs──▶ forgotten
 *      └── success, window over ──▶ forgotten
 */
import { isLoopbackAddress } from '../../shared/auth/address.js';
import type { ClientAddress } from '../../shared/auth/client-address.js';
import { failedAuthLimits } from '../../shared/limits.js';

/** What was guessed at: failures of one kind do not count for another. */
export type AuthKind = 'shared-secret' | 'device-token' | 'bootstrap-token' | 'node-pairing' | 'hook-auth';

export interface RateLimitPolicy {
  readonly maxAttempts: number;
  readonly windowMs: number;
  readonly lockoutMs: number;
  /** Clients on this machine are slowed down instead of locked. */
  readonly exemptLoopback: boolean;
}

/** Who is counted. */
export interface AuthClient {
  readonly key: string;
  /** On this machine, and no page: a page here is not its owner. */
  readonly local: boolean;
}

/**
 * Whoever comes through a proxy of this machine is not local. All of its clients count as one where it is not trusted:
 * an origin they could make up as they like.
 *
 * @param origin of the request, when a browser sent one
 */
export function authClient({ address, proxy }: Who, origin: string | undefined): AuthClient {
  if (!isLoopbackAddress(address)) return { key: address, local: false };
  if (proxy !== 'none') return { key: `proxied:${address}`, local: false };
  return origin === undefined
    ? { key: address, local: true }
    : { key: `browser-origin:${origin.slice(0, 256)}`, local: false };
}

type Who = Pick<ClientAddress, 'address' | 'proxy'>;

export interface FailedAuthLimiter {
  /** Milliseconds until this client may try again; 0 when it may now. Ask before comparing. */
  lockedFor(kind: AuthKind, client: AuthClient): number;
  /** Notes a failure. Gives the milliseconds by which the answer is to be held back. */
  failed(kind: AuthKind, client: AuthClient): number;
  succeeded(kind: AuthKind, client: AuthClient): void;
  stop(): void;
}

interface Entry {
  /** When it failed, oldest first; no more than count. */
  failures: number[];
  lockedUntil: number;
}

/** @param now milliseconds of a clock that never goes back */
export function createFailedAuthLimiter(policy: RateLimitPolicy, now: () => number): FailedAuthLimiter {
  const entries = new Map<string, Entry>();
  const nameOf = (kind: AuthKind, { key }: AuthClient): string => `${kind} ${key}`;
  const isExempt = ({ local }: AuthClient): boolean => policy.exemptLoopback && local;
  const isOver = ({ failures, lockedUntil }: Entry, at: number): boolean =>
    lockedUntil <= at && (failures.at(-1) ?? 0) + policy.windowMs <= at;
  const prune = (): void => {
    const at = now();
    for (const [name, entry] of entries) if (isOver(entry, at)) entries.delete(name);
  };
  const timer = setInterval(prune, failedAuthLimits.pruneIntervalMs);
  timer.unref();
  return {
    lockedFor: (kind, client) => Math.max(0, (entries.get(nameOf(kind, client))?.lockedUntil ?? 0) - now()),
    failed(kind, client) {
      const at = now();
      const name = nameOf(kind, client);
      const entry = entries.get(name) ?? { failures: [], lockedUntil: 0 };
      // Put back at the end: the first one is always the one that has been quiet for longest.
      entries.delete(name);
      entries.set(name, entry);
      entry.failures = [...entry.failures.filter((time) => time + policy.windowMs > at), at].slice(
        -policy.maxAttempts,
      );
      const [oldest] = entries.keys();
      if (entries.size > failedAuthLimits.entries && oldest !== undefined) entries.delete(oldest);
      const { length } = entry.failures;
      if (isExempt(client)) {
        return Math.min(failedAuthLimits.delayMaxMs, failedAuthLimits.delayMs * 2 ** (length - 1));
      }
      if (length >= policy.maxAttempts) {
        entry.lockedUntil = at + policy.lockoutMs;
        entry.failures = [];
      }
      return 0;
    },
    succeeded: (kind, client) => void entries.delete(nameOf(kind, client)),
    stop: () => clearInterval(timer),
  };
}
