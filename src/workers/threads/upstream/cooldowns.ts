/**
 * Credentials that a provider refused rest for a while, so that others are tried first. What was refused for a limit or
 * a load rests with its model; a credential that is no good rests with all of them. A credential that a new configuration
 * changes begins afresh.
 */
import { retryAfterMs } from '../../../shared/http/retry-after.js';
import { failoverLimits } from '../../../shared/upstream/limits.js';
import type { CooldownTimes, Credential } from '../../../shared/routes.js';
import { troubleOf, UpstreamFailure } from './failure.js';

export interface Rest {
  /** Clock of `now`. */
  readonly until: number;
  readonly failure: UpstreamFailure;
  readonly times: number;
}

export interface Cooldowns {
  /** Undefined for one that may be used. */
  restOf(credential: Credential, model: string): Rest | undefined;
  failed(credential: Credential, model: string, failure: UpstreamFailure, times: CooldownTimes): void;
  succeeded(credential: Credential, model: string): void;
}

/** In the place of a model: all of them. */
const ALL = '';

/** @param now milliseconds of a clock that only goes forward */
export function createCooldowns(now: () => number): Cooldowns {
  const rests = new WeakMap<Credential, Map<string, Rest>>();
  return {
    restOf(credential, model) {
      const known = rests.get(credential);
      if (!known) return undefined;
      const at = now();
      for (const name of [ALL, model]) {
        const rest = known.get(name);
        if (rest && rest.until > at) return rest;
      }
      return undefined;
    },
    failed(credential, model, failure, times) {
      const trouble = troubleOf(failure);
      if (trouble === undefined || trouble === 'provider') return;
      // 403 may be about this model alone.
      const name = trouble === 'auth' && failure.status !== 403 ? ALL : model;
      const known = rests.get(credential) ?? new Map<string, Rest>();
      rests.set(credential, known);
      const before = known.get(name)?.times ?? 0;
      const toldMs = trouble === 'auth' ? undefined : retryAfterMs(failure.retryAfter, Date.now());
      const [firstMs, maxMs] =
        trouble === 'auth' ? [times.authFirstMs, times.authMaxMs] : [times.firstMs, times.maxMs];
      const ms =
        toldMs === undefined
          ? Math.min(maxMs, firstMs * failoverLimits.cooldownGrowth ** before)
          : Math.min(maxMs, Math.max(failoverLimits.retryAfterMinMs, toldMs));
      known.set(name, { until: now() + ms, failure, times: before + 1 });
    },
    succeeded(credential, model) {
      const known = rests.get(credential);
      known?.delete(ALL);
      known?.delete(model);
    },
  };
}

/** The failure that put it to rest, once more, with what is left of its time. */
export function restingFailure({ failure, until }: Rest, now: number): UpstreamFailure {
  const { reason, status, text, overflow } = failure;
  const retryAfter = String(Math.max(1, Math.ceil((until - now) / 1_000)));
  const message = `not asked again before its time: ${failure.message}`;
  return new UpstreamFailure(reason, message, {
    ...(status === undefined ? {} : { status }),
    retryAfter,
    text,
    overflow,
  });
}
