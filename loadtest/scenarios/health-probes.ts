/** How long `health` takes, beside a bare echo that has nothing else to do: what the busy machine itself costs. */
import type { Bench, Helper } from '../bench.js';
import type { Gateway } from '../gateway.js';
import type { LoadResult } from '../load-protocol.js';

const intervalMs = 5;

/** The gateway's, and the echo's at the same time. */
export function probeHealth(
  bench: Bench,
  { wsUrl, token }: Pick<Gateway, 'wsUrl' | 'token'>,
  echo: Helper,
  durationMs: number,
): Promise<[gateway: LoadResult, floor: LoadResult]> {
  return Promise.all([
    bench.runRpcProbe({ url: wsUrl, token, intervalMs, durationMs }),
    bench.runRpcProbe({ url: `ws://127.0.0.1:${echo.port}/`, token: null, intervalMs, durationMs }),
  ]);
}
