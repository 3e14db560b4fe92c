/**
 * Origins that do not answer are left alone for a while, so that a dead provider does not cost every turn a timeout.
 *
 *   closed ──failures in a row──▶ open ──pause──▶ probed (one call) ──answered──▶ closed
 *                                  ▲───────────────────┘ failed
 */
import { failoverLimits } from '../../../shared/upstream/limits.js';
import type { ProviderRoute } from '../../../shared/routes.js';
import { UpstreamFailure } from './failure.js';

export interface Breaker {
  /** Whether a call may be made; the one that is a probe must tell how it ended. */
  admits(): boolean;
  /** Until then none may. Clock of `now`. */
  readonly until: number;
  /** Why not. */
  refusal(): UpstreamFailure;
  answered(): void;
  failed(failure: UpstreamFailure): void;
}

/** @param now milliseconds of a clock that only goes forward */
export function createBreaker(now: () => number): Breaker {
  let failures = 0;
  let last: UpstreamFailure | undefined;
  let openUntil = 0;
  let probing = false;
  const isOpen = (): boolean => failures >= failoverLimits.breakerFailures;
  const answered = (): void => {
    failures = 0;
    probing = false;
  };
  return {
    admits() {
      if (!isOpen()) return true;
      if (probing || now() < openUntil) return false;
      probing = true;
      return true;
    },
    get until() {
      return openUntil;
    },
    refusal() {
      const seconds = Math.max(1, Math.ceil((openUntil - now()) / 1_000));
      const message = `left alone after ${failures} failures in a row: ${last?.message ?? ''}`;
      return new UpstreamFailure(last?.reason ?? 'connection', message, {
        ...(last?.status === undefined ? {} : { status: last.status }),
        retryAfter: String(seconds),
      });
    },
    answered,
    failed(failure) {
      if (!isSilence(failure)) {
        // A client that went away says nothing of the provider; every other failure is an answer of it.
        if (failure.reason === 'aborted' || failure.reason === 'turn-timeout') probing = false;
        else answered();
        return;
      }
      failures += 1;
      last = failure;
      if (isOpen() && (probing || now() >= openUntil)) openUntil = now() + failoverLimits.breakerPauseMs;
      probing = false;
    },
  };
}

/** Nobody is there, or only somebody who says so: what a limit or a load is, or an answer that makes no sense, is not. */
function isSilence({ reason, status = 0 }: UpstreamFailure): boolean {
  if (reason === 'status') return status >= 500 && status !== 503 && status !== 529;
  return reason === 'connection' || (reason.endsWith('-timeout') && reason !== 'turn-timeout');
}

export interface Breakers {
  /** One per origin, however many routes lead there. */
  of(route: ProviderRoute): Breaker;
  /** Forgets other origins than theirs. */
  keepOnly(routes: readonly ProviderRoute[]): void;
}

export function createBreakers(now: () => number): Breakers {
  const byOrigin = new Map<string, Breaker>();
  const known = new WeakMap<ProviderRoute, Breaker>();
  return {
    of(route) {
      const found = known.get(route);
      if (found) return found;
      const origin = originOf(route);
      const breaker = byOrigin.get(origin) ?? createBreaker(now);
      byOrigin.set(origin, breaker);
      known.set(route, breaker);
      return breaker;
    },
    keepOnly(routes) {
      const origins = new Set(routes.map(originOf));
      for (const origin of byOrigin.keys()) if (!origins.has(origin)) byOrigin.delete(origin);
    },
  };
}

/** Its own id for one that is not reached over HTTP. */
export function originOf({ baseUrl, id }: ProviderRoute): string {
  return baseUrl === '' ? id : new URL(baseUrl).origin;
}
