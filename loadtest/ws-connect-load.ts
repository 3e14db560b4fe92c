/**
 * A load process: connects, waits for hello-ok and closes, on a number of sockets side by side, again and again. One such
 * cycle counts once its close is complete. Prints its result as one JSON line.
 */
import { announce, endWithParent } from './child-lifetime.js';
import { createLatencyRecorder } from './latency.js';
import { loadOptions, startLoaderClock, type ConnectLoadOptions, type LoadResult } from './load-protocol.js';
import { openSocket } from './rpc-socket.js';

async function run(options: ConnectLoadOptions): Promise<LoadResult> {
  const latencies = createLatencyRecorder();
  const stopClock = startLoaderClock();
  const endAt = performance.now() + options.durationMs;
  let completed = 0;
  let errors = 0;

  async function connectAgain(): Promise<void> {
    while (performance.now() < endAt) {
      const startedAt = performance.now();
      try {
        const socket = await openSocket(options.url, options.token);
        latencies.add(performance.now() - startedAt);
        await new Promise((resolve) => {
          socket.on('error', () => socket.terminate());
          socket.once('close', resolve);
          socket.close();
        });
        completed += 1;
      } catch {
        errors += 1;
      }
    }
  }
  await Promise.all(Array.from({ length: options.parallel }, connectAgain));
  return { completed, errors, ...latencies.summary(), ...stopClock() };
}

endWithParent();
await announce(await run(loadOptions<ConnectLoadOptions>()));
process.exit(0);
