/** The failed-auth limiter as HTTP sees it: from the primary's own paths, and from workers. */
import type { CountedSecret } from '../../shared/auth/auth-client.js';
import type { AttemptCounter } from '../../shared/auth/http-guard.js';
import type { Standing } from '../workers/worker-slot.js';
import type { FailedAuthLimiter } from './failed-auth-limiter.js';

/** Asked of everybody: there is nothing to be saved in the same process. */
export function ownAttempts(limiter: FailedAuthLimiter): AttemptCounter {
  return {
    empty: false,
    knows: () => true,
    attempt: (client, right) => Promise.resolve(limiter.attempt('shared-secret', client, right)),
  };
}

/** Tells of each change, those of one tick together. */
export function watchFailedClients(
  limiter: FailedAuthLimiter,
  secret: CountedSecret,
  tell: (message: Standing) => void,
): void {
  let changes = new Map<string, number | undefined>();
  const flush = (): void => {
    const clients = [...changes];
    changes = new Map();
    tell({ type: 'failed-clients', secret, clients });
  };
  limiter.watch(secret, (key, lockedUntil) => {
    if (changes.size === 0) setImmediate(flush);
    changes.set(key, lockedUntil);
  });
}

/** What a worker that has just begun must know. */
export function failedClients(limiter: FailedAuthLimiter, secret: CountedSecret): Standing {
  return { type: 'failed-clients', secret, clients: limiter.known(secret) };
}
