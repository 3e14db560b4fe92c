/** Edits of `gateway.workers` replace workers under load, and nobody notices (config.md §12, «rolling»). */
import { expect, it } from 'vitest';
import { readStream } from '../../support/chat.js';
import { connectMany, type ControlClient } from '../../support/control-client.js';
import { chatRequest, startFor } from '../../support/gateway.js';
import { startHttpLoad } from '../../support/http-load.js';
import { scrape, wentBack } from '../../support/metrics.js';
import { repeat } from '../../support/repeat.js';
import { editWorkers, gone, newWorkers, withWorkers } from '../../support/rolling.js';
import { askAgent, ofRun, story } from '../../support/run-story.js';
import { waitFor } from '../../support/wait-for.js';
import { inFull } from '../../support/in-full.js';

/** Half of the streams over HTTP. */
const scale = inFull ? { streams: 50, sockets: 200, http: 64 } : { streams: 16, sockets: 40, http: 16 };

it('under load workers are replaced without a failed request', async (test) => {
  const all = { agents: { defaults: { maxConcurrent: scale.streams } } };
  const gateway = await startFor(test, { config: withWorkers({ count: 2 }, all) as typeof all });
  const clients = await connectMany(gateway.wsUrl, scale.sockets);
  const [first] = clients as [ControlClient];
  const readyWorkers = async (): Promise<number> => {
    const { payload } = await first.call('health', { probe: true });
    return (payload as { workers: { ready: number } }).workers.ready;
  };
  // A gateway is ready with the first of them.
  await waitFor('both workers', async () => (await readyWorkers()) === 2);
  const before = gateway.workers();
  const load = startHttpLoad(gateway, scale.http);
  const ready = repeat(readyWorkers);
  const streams = Array.from({ length: scale.streams / 2 }, async () => {
    const answer = await fetch(
      `${gateway.url}/v1/chat/completions`,
      chatRequest({ content: '/trickle 40 100', stream: true }),
    );
    return readStream(answer);
  });
  const runs = clients
    .slice(0, scale.streams / 2)
    .map((client) => ({ client, runId: askAgent(client, '/trickle 40 100') }));
  await waitFor('runs that stream', () =>
    runs.every(({ client, runId }) => client.frames.filter(ofRun(runId)).length > 3),
  );
  const counted = await scrape(gateway.url);

  editWorkers(gateway, { count: 2, maxQueue: 512 }, all);
  await newWorkers(gateway, before, 2);
  const requests = load.results.length;
  await waitFor('requests after that', () => load.results.length > requests + 200);

  for (const { text, done } of await Promise.all(streams)) {
    expect(text).toContain('word39 done /trickle 40 100');
    expect(done).toBe(1);
  }
  for (const { client, runId } of runs) {
    await waitFor('the end of a run', () => story(client.frames, runId).includes('res ok'));
  }
  await gone(gateway, before, 120_000);
  await load.stop();
  await ready.stop();
  expect(load.failures).toEqual([]);
  expect(new Set(load.results)).toEqual(new Set([200]));
  expect(ready.failures).toEqual([]);
  expect(new Set(ready.results)).toEqual(new Set([2]));
  expect(clients.filter(({ socket }) => socket.readyState !== socket.OPEN)).toEqual([]);
  const after = await scrape(gateway.url);
  expect(wentBack(counted, after)).toEqual([]);
  expect(after.total('pllan_worker_up')).toBe(2);
  expect(after.total('pllan_worker_restarts_total', { reason: 'rolled' })).toBe(2);
  expect(after.total('pllan_worker_restarts_total', { reason: 'crash' })).toBe(0);
  for (const client of clients) client.socket.close();
}, 300_000);
