/**
 * A load process that is hardly a load: one WebSocket connection with a `health` request every few milliseconds, sent on
 * time whether or not the last one was answered, so that a stall counts once for every request it delays. Prints its result
 * as one JSON line.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { announce, endWithParent } from './child-lifetime.js';
import { createLatencyRecorder } from './latency.js';
import { loadOptions, startLoaderClock, type LoadResult, type RpcProbeOptions } from './load-protocol.js';
import { healthFrame, parseFrame } from './rpc-frames.js';
import { messageText, openSocket } from './rpc-socket.js';
import { deadlines } from './timing.js';

async function run(options: RpcProbeOptions): Promise<LoadResult> {
  const socket = await openSocket(options.url, options.token);
  const latencies = createLatencyRecorder();
  const sentAt = new Map<string, number>();
  let completed = 0;
  let errors = 0;
  socket.on('error', () => socket.terminate());
  socket.on('message', (data) => {
    const arrived = performance.now();
    const frame = parseFrame(messageText(data));
    const sent = frame.id === undefined ? undefined : sentAt.get(frame.id);
    if (frame.id === undefined || sent === undefined) return;
    sentAt.delete(frame.id);
    if (frame.ok === false) {
      errors += 1;
      return;
    }
    completed += 1;
    latencies.add(arrived - sent);
  });

  const stopClock = startLoaderClock();
  let count = 0;
  const timer = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return;
    const id = String((count += 1));
    sentAt.set(id, performance.now());
    socket.send(healthFrame(id));
  }, options.intervalMs);
  await delay(options.durationMs);
  clearInterval(timer);
  const clock = stopClock();
  const giveUpAt = performance.now() + deadlines.responseMs;
  while (sentAt.size > 0 && socket.readyState === socket.OPEN && performance.now() < giveUpAt) await delay(5);
  socket.terminate();
  return { completed, errors: errors + sentAt.size, ...latencies.summary(), ...clock };
}

endWithParent();
await announce(await run(loadOptions<RpcProbeOptions>()));
process.exit(0);
