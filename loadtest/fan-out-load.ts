/**
 * A load process: many sockets that receive what one server sends to all, and one that makes it send. Prints its result as
 * one JSON line. A broadcast is asked for when enough of the ones before have arrived everywhere; other sources go on by
 * themselves.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { announce, endWithParent } from './child-lifetime.js';
import {
  createBroadcasts,
  createBaselineBroadcasts,
  createRuns,
  createVisitors,
  type Source,
} from './fan-out-sources.js';
import { createLatencyRecorder } from './latency.js';
import { loadOptions, startLoaderClock, type FanOutLoadOptions, type FanOutResult } from './load-protocol.js';
import { treeCpuMicros } from './process-tree.js';
import { healthFrame } from './rpc-frames.js';
import { openSubscribers } from './subscriber.js';

async function startSource(options: FanOutLoadOptions, fail: (error: Error) => void): Promise<Source> {
  const { source, port, token } = options;
  if (token === null) return createBaselineBroadcasts(port, fail);
  switch (source.kind) {
    case 'broadcasts':
      return createBroadcasts(port, token, source.inFlight, fail);
    case 'runs':
      return createRuns(port, token, source.count, fail);
    case 'visitors':
      return createVisitors(port, token, source.count, fail);
    default:
      return source satisfies never;
  }
}

async function run(options: FanOutLoadOptions): Promise<FanOutResult> {
  const { source: kind, subscribers: count, stalled } = options;
  const latencies = createLatencyRecorder();
  let [frames, bytes, errors] = [0, 0, 0];
  let running = false;
  let ask = (): void => {};
  /** When each broadcast was asked for, and how many each subscriber has got. */
  const askedAt: number[] = [];
  const got = new Uint32Array(count + stalled);
  const subscribers = await openSubscribers({
    port: options.port,
    token: options.token,
    count: count + stalled,
    received(more, length, subscriber) {
      if (!running) return;
      frames += more;
      bytes += length;
      const now = performance.now();
      for (let seen = 0; seen < more; seen += 1) {
        const asked = askedAt[(got[subscriber] ?? 0) + seen];
        if (asked !== undefined) latencies.add(now - asked);
      }
      got[subscriber] = (got[subscriber] ?? 0) + more;
      ask();
    },
    lost: () => void (running && (errors += 1)),
  });
  const source = await startSource(options, () => void (errors += 1));
  // What a stalled one asked for fills the system's buffers, so that the rest is the server's burden.
  for (const one of subscribers.slice(count)) {
    one.stall();
    for (let asked = 0; asked < unreadAnswers; asked += 1) one.send(healthFrame(String(asked)));
  }
  if (stalled > 0) await delay(stallMs);
  running = true;
  if (kind.kind === 'broadcasts') {
    ask = () => {
      if (!running) return;
      const due = kind.inFlight + Math.floor(frames / count);
      while (askedAt.length < due) {
        askedAt.push(performance.now());
        source.next();
      }
    };
    ask();
  } else {
    source.next();
  }
  await delay(settleMs);
  const stopClock = startLoaderClock();
  const from = { frames, bytes, cpu: treeCpuMicros(options.pid) };
  await delay(options.durationMs);
  running = false;
  const clock = stopClock();
  const cpu = treeCpuMicros(options.pid);
  source.stop();
  for (const one of subscribers) one.end();
  return {
    completed: frames - from.frames,
    bytesPerFrame: (bytes - from.bytes) / Math.max(1, frames - from.frames),
    errors,
    ...latencies.summary(),
    ...clock,
    ...(cpu === undefined || from.cpu === undefined ? {} : { serverCpuMicros: cpu - from.cpu }),
  };
}

/** What a stalled reader asks for first: together more than the system keeps for a connection. */
const unreadAnswers = 10_000;
const stallMs = 1_500;
/** Between the beginning and what is counted: answers have to start streaming. */
const settleMs = 500;

endWithParent();
await announce(await run(loadOptions<FanOutLoadOptions>()));
process.exit(0);
