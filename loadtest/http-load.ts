/**
 * A load process: autocannon against one URL with a fixed number of connections, each with one request in flight. Runs apart
 * from everything it measures; prints its result as one JSON line.
 */
import autocannon from 'autocannon';
import { announce, endWithParent } from './child-lifetime.js';
import { createLatencyRecorder } from './latency.js';
import { loadOptions, startLoaderClock, type HttpLoadOptions, type LoadResult } from './load-protocol.js';
import { deadlines } from './timing.js';

async function run(options: HttpLoadOptions): Promise<LoadResult> {
  const latencies = createLatencyRecorder();
  const stopClock = startLoaderClock();
  let completed = 0;
  const load = autocannon(
    {
      url: options.url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(options.token === null ? {} : { authorization: `Bearer ${options.token}` }),
      },
      body: options.body,
      connections: options.connections,
      duration: options.durationMs / 1_000,
      timeout: deadlines.responseMs / 1_000,
      sampleInt: 100,
      verifyBody: (body) => typeof body === 'string' && body.includes(options.expect),
    },
    () => {},
  );
  // autocannon's own histogram has a resolution of a millisecond: too coarse for one connection.
  load.on('response', (_client, statusCode, _bytes, responseTime) => {
    if (statusCode !== 200) return;
    completed += 1;
    latencies.add(responseTime);
  });
  const result = await new Promise<autocannon.Result>((resolve) => load.on('done', resolve));
  const answered = result.non2xx + result['2xx'];
  // At the end each connection has one open request; more than that were sent into connections that went away.
  const lost = Math.max(0, result.requests.sent - answered - options.connections);
  return {
    completed,
    errors: result.errors + result.non2xx + result.mismatches + lost,
    ...latencies.summary(),
    ...stopClock(),
  };
}

endWithParent();
await announce(await run(loadOptions<HttpLoadOptions>()));
process.exit(0);
