/**
 * Which session an answer came from, so that the next request of the same caller can go on with it (http.md §8.1). In
 * memory only: what is not known is a beginning.
 */
import type { Continuation } from '../../shared/http-run.js';
import { responseLimits } from '../../shared/limits.js';
import type { SessionKey } from '../../shared/store/records.js';

export interface ResponseSessions {
  remember(responseId: string, place: ResponsePlace): void;
  /** Undefined when it is not known, too old or somebody else's. */
  find(continuation: Continuation | undefined, agentId: string): SessionKey | undefined;
}

interface ResponsePlace {
  readonly key: SessionKey;
  readonly agentId: string;
  readonly caller: string;
}

/** @param now milliseconds */
export function createResponseSessions(now: () => number): ResponseSessions {
  /** The oldest first. */
  const known = new Map<string, ResponsePlace & { readonly until: number }>();
  return {
    remember(responseId, place) {
      known.delete(responseId);
      known.set(responseId, { ...place, until: now() + responseLimits.continuableMs });
      const [oldest] = known.keys();
      if (known.size > responseLimits.continuable && oldest !== undefined) known.delete(oldest);
    },
    find(continuation, agentId) {
      const found = known.get(continuation?.previous ?? '');
      if (!found || found.until <= now()) return undefined;
      return found.agentId === agentId && found.caller === continuation?.caller ? found.key : undefined;
    },
  };
}
