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
  createLists,
  createRuns,
  createVisitors,
  watching,
  type Source,
} from './fan-out-sources.js';
import { createDemand } from './fan-out-demand.js';
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
    case 'lists':
      return createLists(port, token, fail);
    case 'runs':
      return createRuns(port, token, source, fail);
    case 'visitors':
      return createVisitors(port, token, source.count, fail);
    default:
      return source satisfies never;
  }
}

/** Counts what arrives, and how long after its asking each broadcast does. */
function createMeter(subscribers: number) {
  const latencies = createLatencyRecorder();
  const askedAt: number[] = [];
  /** Frames that each subscriber has got. */
  const got = new Uint32Array(subscribers);
  return {
    frames: 0,
    bytes: 0,
    latencies,
    asked: () => askedAt.push(performance.now()),
    arrived(frames: number, bytes: number, subscriber: number) {
      this.frames += frames;
      this.bytes += bytes;
      const before = got[subscriber] ?? 0;
      got[subscriber] = before + frames;
      const now = performance.now();
      for (const asked of askedAt.slice(before, before + frames)) latencies.add(now - asked);
    },
  };
}

async function run(options: FanOutLoadOptions): Promise<FanOutResult> {
  const { port, token, pid, source: kind, subscribers: count, stalled } = options;
  const meter = createMeter(count + stalled);
  let errors = 0;
  let running = false;
  const isTimed = kind.kind === 'broadcasts' || kind.kind === 'lists';
  const demand = createDemand(kind, () => {
    if (isTimed) meter.asked();
    source.next();
  });
  const subscribers = await openSubscribers({
    port,
    token,
    count: count + stalled,
    requests: token === null ? [] : watching(kind),
    received(frames, bytes, subscriber) {
      if (!running) return;
      meter.arrived(frames, bytes, subscriber);
      demand.arrived(Math.floor(meter.frames / count));
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
  demand.begin();
  await delay(settleMs);
  const stopClock = startLoaderClock();
  const { frames, bytes } = meter;
  const before = { frames, bytes, cpu: treeCpuMicros(pid), underWayMs: demand.underWayMs ?? 0 };
  await delay(options.durationMs);
  running = false;
  const clock = stopClock();
  const { underWayMs } = demand;
  const cpu = treeCpuMicros(pid);
  source.stop();
  for (const one of subscribers) one.end();
  const completed = meter.frames - before.frames;
  return {
    completed,
    bytesPerFrame: (meter.bytes - before.bytes) / Math.max(1, completed),
    errors,
    ...meter.latencies.summary(),
    ...clock,
    ...(underWayMs === undefined ? {} : { seconds: (underWayMs - before.underWayMs) / 1_000 }),
    ...(cpu === undefined || before.cpu === undefined ? {} : { serverCpuMicros: cpu - before.cpu }),
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
