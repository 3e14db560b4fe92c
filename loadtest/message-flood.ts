/**
 * A load process: signed messages to a webhook account, at a fixed rate whatever becomes of them; a hundred people write in
 * turn. `completed` counts those that the gateway took; 503 with `Retry-After` is an answer, and no error. Prints its result
 * as one JSON line.
 */
import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { announce, endWithParent } from './child-lifetime.js';
import { createLatencyRecorder } from './latency.js';
import { loadOptions, startLoaderClock, type FloodOptions, type LoadResult } from './load-protocol.js';
import { deadlines } from './timing.js';

const people = 100;
const stepMs = 10;

async function run({ url, secret, perSecond, durationMs }: FloodOptions): Promise<LoadResult> {
  const latencies = createLatencyRecorder();
  const dispatcher = new Agent({ connections: 2_000, headersTimeout: deadlines.responseMs });
  let completed = 0;
  let errors = 0;
  let running = true;

  async function send(n: number): Promise<void> {
    const startedAt = performance.now();
    try {
      const { statusCode, body } = await request(url, { method: 'POST', dispatcher, ...message(secret, n) });
      await body.dump();
      if (!running) return;
      if (statusCode === 200) {
        completed += 1;
        latencies.add(performance.now() - startedAt);
      } else if (statusCode !== 503) errors += 1;
    } catch {
      if (running) errors += 1;
    }
  }

  const stopClock = startLoaderClock();
  const startedAt = performance.now();
  for (let sent = 0; performance.now() - startedAt < durationMs; await delay(stepMs)) {
    const due = ((performance.now() - startedAt) * perSecond) / 1_000;
    for (; sent < due; sent += 1) void send(sent);
  }
  running = false;
  const clock = stopClock();
  void dispatcher.destroy();
  return { completed, errors, ...latencies.summary(), ...clock };
}

function message(
  secret: string,
  n: number,
): { readonly headers: Record<string, string>; readonly body: string } {
  const id = `flood-${process.pid}-${n}`;
  const seconds = String(Math.floor(Date.now() / 1_000));
  const person = `person-${n % people}`;
  const body = JSON.stringify({
    type: 'message',
    conversation: { kind: 'direct', id: person },
    sender: { id: person },
    text: `message ${n}`,
  });
  const signature = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${signature}`,
  };
  return { headers, body };
}

endWithParent();
await announce(await run(loadOptions<FloodOptions>()));
