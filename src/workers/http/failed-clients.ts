/** A worker's copy of who has failed to show the right secret; the primary owns it and is asked about those (protocol.md §10). */
import type { AttemptVerdict, AuthClient } from '../../shared/auth/auth-client.js';
import type { AttemptCounter } from '../../shared/auth/http-guard.js';
import { monotonicMs } from '../../shared/monotonic.js';

export interface FailedClients extends AttemptCounter {
  /** Milliseconds of its lock that are left, as far as is known here. */
  lockedFor(key: string): number;
  /** What the primary tells. */
  changed(clients: readonly (readonly [key: string, lockedUntil: number | undefined])[]): void;
}

export type AskAboutAttempt = (client: AuthClient, right: boolean) => Promise<AttemptVerdict>;

export function createFailedClients(ask: AskAboutAttempt): FailedClients {
  /** Until when each is locked out; 0 when it only has failures. */
  const known = new Map<string, number>();
  const lockedFor = (key: string): number => Math.max(0, (known.get(key) ?? 0) - monotonicMs());
  return {
    lockedFor,
    get empty() {
      return known.size === 0;
    },
    knows: (key) => known.has(key),
    async attempt(client, right) {
      const { key } = client;
      // A lock is never shortened, so nobody has to be asked about it again.
      const lockedMs = lockedFor(key);
      if (lockedMs > 0) return { lockedMs, delayMs: 0 };
      // Known from now on, and not only when the primary says so: guesses side by side must not get past.
      if (!right && !known.has(key)) known.set(key, 0);
      const verdict = await ask(client, right);
      if (right && verdict.lockedMs === 0) known.delete(key);
      return verdict;
    },
    changed(clients) {
      for (const [key, lockedUntil] of clients) {
        if (lockedUntil === undefined) known.delete(key);
        else known.set(key, lockedUntil);
      }
    },
  };
}
