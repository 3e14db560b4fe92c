/**
 * A load process: WebSocket connections that keep a fixed number of `health` requests in flight each. Prints its result as
 * one JSON line. Answers are told apart by their first bytes; parsing each would make this process the limit.
 */
import type { WebSocket } from 'ws';
import { announce, endWithParent } from './child-lifetime.js';
import { createLatencyRecorder } from './latency.js';
import { loadOptions, startLoaderClock, type LoadResult, type RpcLoadOptions } from './load-protocol.js';
import { healthFrame, parseFrame } from './rpc-frames.js';
import { openSockets } from './rpc-socket.js';

interface Slot {
  readonly request: Buffer;
  sentAt: number;
}

/** How many bytes it takes to see a good answer with a one-digit id: `{"type":"res","id":"3","ok":true`. */
const prefixLength = 32;

function answerPrefix(id: string, echo: boolean): string {
  const frame = echo ? healthFrame(id) : JSON.stringify({ type: 'res', id, ok: true });
  return frame.slice(0, prefixLength);
}

async function run(options: RpcLoadOptions): Promise<LoadResult> {
  const echo = options.token === null;
  const ids = Array.from({ length: options.inFlight }, (_, index) => String(index));
  const sockets = await openSockets(options.url, options.token, options.connections);
  const latencies = createLatencyRecorder();
  let completed = 0;
  let errors = 0;
  let running = true;

  function drive(socket: WebSocket): void {
    const slots = new Map<string, Slot>();
    for (const id of ids)
      slots.set(answerPrefix(id, echo), { request: Buffer.from(healthFrame(id)), sentAt: 0 });
    const send = (slot: Slot): void => {
      slot.sentAt = performance.now();
      socket.send(slot.request, { binary: false });
    };
    socket.on('message', (data) => {
      const slot = slots.get((data as Buffer).toString('latin1', 0, prefixLength));
      if (slot === undefined) {
        if (parseFrame((data as Buffer).toString()).type !== 'event') errors += 1;
      } else if (running) {
        completed += 1;
        latencies.add(performance.now() - slot.sentAt);
        send(slot);
      }
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (running) errors += options.inFlight;
    });
    for (const slot of slots.values()) send(slot);
  }

  const stopClock = startLoaderClock();
  for (const socket of sockets) drive(socket);
  await new Promise((resolve) => setTimeout(resolve, options.durationMs));
  running = false;
  const clock = stopClock();
  for (const socket of sockets) socket.terminate();
  return { completed, errors, ...latencies.summary(), ...clock };
}

endWithParent();
await announce(await run(loadOptions<RpcLoadOptions>()));
process.exit(0);
