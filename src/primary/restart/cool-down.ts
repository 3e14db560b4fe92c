/** Restarts that nobody asked for keep a distance (operations.md §3.2). Outlives them, as the process does. */
import { restartLimits } from '../../shared/limits.js';
import type { Environment } from '../../shared/paths.js';

export interface CoolDown {
  /** So long the next one has to wait. */
  leftMs(): number;
  begun(): void;
}

/** @param now milliseconds of a clock that never goes back */
export function createCoolDown(ms: number, now: () => number): CoolDown {
  let endsAt = Number.NEGATIVE_INFINITY;
  return {
    leftMs: () => Math.max(0, endsAt - now()),
    begun: () => void (endsAt = now() + ms),
  };
}

/** Tests do not wait so long. */
export function coolDownMs(env: Environment): number {
  const testMs = env.PLLAN_TEST_HOOKS === '1' && Number(env.PLLAN_TEST_COOL_DOWN_MS);
  return testMs || restartLimits.coolDownMs;
}
