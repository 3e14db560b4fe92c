/**
 * A load process: `chat.send` on a number of sessions through one WebSocket, on each the next when the last has ended. A run
 * counts when its `chat` event with state `final` has come. Prints its result as one JSON line.
 */
import { announce, endWithParent } from './child-lifetime.js';
import { createLatencyRecorder } from './latency.js';
import { loadOptions, startLoaderClock, type LoadResult, type RunLoadOptions } from './load-protocol.js';
import { chatSendFrame, parseFrame } from './rpc-frames.js';
import { messageText, openSocket } from './rpc-socket.js';

/** States of a `chat` event that end a run. */
const ends: ReadonlySet<string | undefined> = new Set(['final', 'aborted', 'error']);

async function run(options: RunLoadOptions): Promise<LoadResult> {
  const socket = await openSocket(options.url, options.token);
  const latencies = createLatencyRecorder();
  /** Session and start of each open run, by its id. */
  const open = new Map<string, { readonly session: string; readonly sentAt: number }>();
  let sent = 0;
  let completed = 0;
  let errors = 0;
  let running = true;

  function send(session: string): void {
    const runId = `${process.pid}-${(sent += 1)}`;
    open.set(runId, { session, sentAt: performance.now() });
    socket.send(chatSendFrame(runId, session));
  }
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    if (running) errors += open.size;
  });
  socket.on('message', (data) => {
    const { type, event, ok, id, payload } = parseFrame(messageText(data));
    const refused = type === 'res' && ok === false;
    const runId = refused ? id : payload?.runId;
    const one = open.get(runId ?? '');
    if (!running || runId === undefined || one === undefined) return;
    if (!refused && !(event === 'chat' && ends.has(payload?.state))) return;
    open.delete(runId);
    if (payload?.state === 'final') {
      completed += 1;
      latencies.add(performance.now() - one.sentAt);
    } else {
      errors += 1;
    }
    send(one.session);
  });

  const stopClock = startLoaderClock();
  for (let n = 0; n < options.sessions; n += 1) send(`loadtest-${n}`);
  await new Promise((resolve) => setTimeout(resolve, options.durationMs));
  running = false;
  const clock = stopClock();
  socket.terminate();
  return { completed, errors, ...latencies.summary(), ...clock };
}

endWithParent();
await announce(await run(loadOptions<RunLoadOptions>()));
process.exit(0);
