/** How long an account rests after runs that failed (operations.md §8). */
import { accountLimits } from '../limits.js';

/** @param failures in a row, from 1. @param askedMs what the network asks for. @param random from 0 to 1 */
export function restMs(failures: number, askedMs: number | undefined, random: number): number {
  const { backOffMs, backOffMostMs, retryAfterMostMs, backOffJitter } = accountLimits;
  const own = Math.min(backOffMostMs, backOffMs * 2 ** (failures - 1));
  const jittered = own * (1 + backOffJitter * (2 * random - 1));
  return Math.round(Math.max(jittered, Math.min(askedMs ?? 0, retryAfterMostMs)));
}
