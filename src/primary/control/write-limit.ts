/** How often one client may call a method that changes the gateway itself (protocol.md §7). */
import { writeLimits } from '../../shared/limits.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';
import type { Connection } from './connection.js';
import type { MethodName } from './methods/params.js';

export interface WriteLimit {
  /** Counts a call; or gives what to answer instead, and does not count it. */
  admit(method: MethodName, connection: Connection): ErrorShape | undefined;
}

/** @param now milliseconds of a clock that never goes back */
export function createWriteLimit(now: () => number): WriteLimit {
  /** Times of the calls within the window, oldest first; whoever called last is last in the map. */
  const calls = new Map<string, readonly number[]>();
  return {
    admit(method, { session, remote }) {
      const { calls: most, windowMs, entries } = writeLimits;
      const at = now();
      const key = `${method} ${session?.device?.deviceId ?? ''}|${remote.address}`;
      const recent = (calls.get(key) ?? []).filter((time) => time + windowMs > at);
      const [oldest = at] = recent;
      if (recent.length >= most) return tooMany(method, oldest + windowMs - at);
      calls.delete(key);
      calls.set(key, [...recent, at]);
      for (const [name, times] of calls) {
        if (calls.size <= entries && (times.at(-1) ?? 0) + windowMs > at) break;
        calls.delete(name);
      }
      return undefined;
    },
  };
}

function tooMany(method: string, waitMs: number): ErrorShape {
  const retryAfterMs = Math.ceil(waitMs);
  return {
    code: 'UNAVAILABLE',
    message: `rate limit exceeded for ${method}; retry after ${Math.ceil(retryAfterMs / 1000)}s`,
    details: { method, limit: `${writeLimits.calls} per ${writeLimits.windowMs / 1000}s` },
    retryable: true,
    retryAfterMs,
  };
}
