/** The control plane outlives its workers, however they go; the data plane is back at once. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { threadLimits } from '../../src/shared/limits.js';
import { connectControl, connectMany, type ControlClient } from '../support/control-client.js';
import { chatRequest, isAlive, startFor, type TestGateway } from '../support/gateway.js';
import { startHttpLoad } from '../support/http-load.js';
import { scrape, wentBack, type Scrape } from '../support/metrics.js';
import { contentOf } from '../support/raw-connection.js';
import { repeat } from '../support/repeat.js';
import { requestOnce, type OnceAnswer } from '../support/request-once.js';
import { waitFor, within } from '../support/wait-for.js';
import { inFull } from '../support/in-full.js';

/** A completion on a connection of its own: none that a dead worker had. */
function complete(gateway: TestGateway, content: string): Promise<OnceAnswer> {
  return requestOnce(`${gateway.url}/v1/chat/completions`, chatRequest({ content }));
}

/** Kills the only worker; resolves when the process is gone. */
async function killWorker(gateway: TestGateway): Promise<void> {
  const [pid = 0] = await waitFor('a worker', () => gateway.workers().length > 0 && gateway.workers());
  process.kill(pid, 'SIGKILL');
  await waitFor('end of the worker', () => !isAlive(pid));
}

/** The most memory that a process has used so far (Linux). */
function peakMib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Everything that must go on whatever happens to workers. */
function watchControlPlane(gateway: TestGateway, clients: readonly ControlClient[]) {
  let next = 0;
  let last: Scrape | undefined;
  const regressions: string[] = [];
  const health = repeat(async () => {
    const client = clients[(next += 1) % clients.length] as ControlClient;
    return (await client.call('health')).ok;
  }, 4);
  const probe = repeat(async () => (await requestOnce(`${gateway.url}/healthz`)).status);
  const metrics = repeat(async () => {
    const current = await scrape(gateway.url);
    if (last) regressions.push(...wentBack(last, current));
    last = current;
  });
  return {
    /** Ends the watch and judges what it saw. */
    async verdict(): Promise<void> {
      await Promise.all([health, probe, metrics].map((watched) => watched.stop()));
      for (const { failures } of [health, probe, metrics]) expect(failures).toEqual([]);
      expect(new Set(health.results)).toEqual(new Set([true]));
      expect(new Set(probe.results)).toEqual(new Set([200]));
      expect(regressions).toEqual([]);
      expect(clients.filter(({ socket }) => socket.readyState !== socket.OPEN)).toEqual([]);
      expect(clients[0]?.frames.length).toBeGreaterThan(1);
    },
    rounds: () => Math.min(...[health, probe, metrics].map(({ results }) => results.length)),
  };
}

describe('kill -9 of the worker', () => {
  it('under load leaves 200 WebSockets, health and probes untouched, again and again', async (test) => {
    const gateway = await startFor(test);
    const clients = await connectMany(gateway.wsUrl, 200);
    const load = startHttpLoad(gateway, 8);
    const watch = watchControlPlane(gateway, clients);
    const counted = async (): Promise<number> =>
      (await scrape(gateway.url)).total('pllan_http_requests_total', { status: '200' });
    const kills = inFull ? 4 : 2;
    let before = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      // The worker has to have told what it counted, or there would be nothing to keep.
      before = await waitFor('counted requests', async () => {
        const now = await counted();
        return now > before + 50 && now;
      });
      const rounds = watch.rounds();
      await killWorker(gateway);
      // Sent while there is no worker: it waits for the next one.
      const answer = await within('a completion after the kill', complete(gateway, `kill ${kill}`));
      expect(answer.status).toBe(200);
      expect(contentOf(answer)).toBe(`kill ${kill}`);
      await waitFor('a whole round of every watch', () => watch.rounds() > rounds + 1);
    }
    await load.stop();
    await watch.verdict();
    expect(new Set(load.results)).toEqual(new Set([200]));
    const metrics = await scrape(gateway.url);
    expect(metrics.total('pllan_worker_restarts_total', { reason: 'crash' })).toBe(kills);
    expect(metrics.total('pllan_http_requests_total', { status: '200' })).toBeGreaterThanOrEqual(before);
    expect(metrics.total('process_cpu_seconds_total', { process: 'worker-1' })).toBeGreaterThan(0);
    for (const client of clients) client.socket.close();
  });
});

describe.concurrent('a worker that dies', () => {
  it('cuts the requests that it had, at once', async (test) => {
    const gateway = await startFor(test);
    const waiting = Promise.allSettled(Array.from({ length: 5 }, () => complete(gateway, '/wait 60000')));
    await waitFor('open tasks', async () => {
      return (await scrape(gateway.url)).total('pllan_pool_open_tasks') === 5;
    });
    await killWorker(gateway);
    const settled = await within('the cut requests', waiting);
    expect(settled.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
  });

  it('before it is ready has died early; five in a row degrade HTTP work only, until one lives', async (test) => {
    const gateway = await startFor(test);
    const control = await connectControl(gateway.wsUrl);
    const degraded = async (): Promise<boolean> => {
      const { payload } = await control.call('health', { probe: true });
      return (payload as { workers: { degraded: boolean } }).workers.degraded;
    };
    const massacre = repeat(async () => {
      for (const pid of gateway.workers()) process.kill(pid, 'SIGKILL');
    });
    try {
      await waitFor('degraded', degraded, 20_000);
      const refused = await complete(gateway, 'nobody there');
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(JSON.parse(refused.body)).toMatchObject({ error: { type: 'service_unavailable' } });
      expect(await requestOnce(`${gateway.url}/healthz`)).toMatchObject({ status: 200 });
      const readiness = await requestOnce(`${gateway.url}/readyz`);
      expect(readiness.status).toBe(503);
      expect(JSON.parse(readiness.body)).toMatchObject({ ready: false, failing: ['workers'] });
      const metrics = await scrape(gateway.url);
      expect(metrics.total('pllan_worker_restarts_total', { reason: 'early-death' })).toBeGreaterThan(4);
    } finally {
      await massacre.stop();
    }
    await waitFor('recovery', async () => !(await degraded()), 20_000);
    expect((await complete(gateway, 'back again')).status).toBe(200);
    expect(control.socket.readyState).toBe(control.socket.OPEN);
    await control.close();
  });
});

describe.concurrent('a worker that hangs', () => {
  it('is replaced; what it had not taken is answered by the others', async (test) => {
    const gateway = await startFor(test, { config: { gateway: { workers: { count: 2 } } } });
    const clients = await connectMany(gateway.wsUrl, 4);
    const watch = watchControlPlane(gateway, clients);
    const [hanging = 0, other = 0] = gateway.workers();
    process.kill(hanging, 'SIGSTOP');
    const answers = await within(
      'answers',
      Promise.all(Array.from({ length: 8 }, (_, i) => complete(gateway, `hanging ${i}`))),
      30_000,
    );
    expect(answers.map(contentOf)).toEqual(Array.from({ length: 8 }, (_, i) => `hanging ${i}`));
    await waitFor('replacement', () => !isAlive(hanging) && gateway.workers().length === 2, 20_000);
    expect(gateway.workers()).toContain(other);
    await watch.verdict();
    for (const client of clients) client.socket.close();
  });

  it('for a while has its connections taken by the others, and leaves them alone afterwards', async (test) => {
    const gateway = await startFor(test, { config: { gateway: { workers: { count: 2 } } } });
    const bothUp = async (): Promise<boolean> => (await scrape(gateway.url)).total('pllan_worker_up') === 2;
    await waitFor('both workers', bothUp);
    const [hanging = 0, other = 0] = gateway.workers();
    process.kill(hanging, 'SIGSTOP');
    const ask = (i: number): Promise<OnceAnswer> => complete(gateway, `stopped ${i}`);
    const answers = await within('answers', Promise.all(Array.from({ length: 8 }, (_, i) => ask(i))));
    // Nobody had to die for them.
    expect(gateway.workers()).toEqual([hanging, other]);
    process.kill(hanging, 'SIGCONT');
    answers.push(...(await Promise.all(Array.from({ length: 8 }, (_, i) => ask(8 + i)))));
    expect(answers.map(contentOf)).toEqual(Array.from({ length: 16 }, (_, i) => `stopped ${i}`));
    await waitFor('both workers again', bothUp);
    // Each was answered once.
    const requests = async (): Promise<number> =>
      (await scrape(gateway.url)).total('pllan_http_requests_total', { status: '200' });
    await waitFor('the count', async () => (await requests()) >= 16);
    expect(await requests()).toBe(16);
  });
});

describe.concurrent('an api thread that ends', () => {
  it('fails its own requests with 500 and nothing else', async (test) => {
    const gateway = await startFor(test);
    const control = await connectControl(gateway.wsUrl);
    const workers = gateway.workers();
    const streamed = await fetch(
      `${gateway.url}/v1/chat/completions`,
      chatRequest({ content: '/trickle 1000 100', stream: true }),
    );
    const beside = complete(gateway, '/wait 60000');
    await waitFor('open tasks', async () => {
      return (await scrape(gateway.url)).total('pllan_pool_open_tasks') === 2;
    });
    const ended = await complete(gateway, '/exit');
    for (const answer of [ended, await within('the request beside it', beside)]) {
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.body)).toEqual({ error: { message: 'internal error', type: 'api_error' } });
    }
    const events = (await within('end of the stream', streamed.text())).trim().split('\n\n');
    expect(events.at(-1)).toBe('data: [DONE]');
    expect(events.at(-2)).toBe('data: {"error":{"message":"internal error","type":"api_error"}}');
    expect(contentOf(await complete(gateway, 'next'))).toBe('next');
    expect(gateway.workers()).toEqual(workers);
    expect(await control.call('health')).toMatchObject({ ok: true });
    await control.close();
  });

  it('because it was out of memory is no more than that', async (test) => {
    const gateway = await startFor(test);
    const workers = gateway.workers();
    const beside = complete(gateway, '/wait 60000');
    await waitFor('an open task', async () => {
      return (await scrape(gateway.url)).total('pllan_pool_open_tasks') === 1;
    });
    const ended = within('the end of the thread', complete(gateway, '/hoard'), 30_000);
    for (const answer of await Promise.all([ended, within('the request beside it', beside, 30_000)]))
      expect(answer.status).toBe(500);
    expect(contentOf(await complete(gateway, 'next'))).toBe('next');
    expect(gateway.workers()).toEqual(workers);
    for (const pid of workers) expect(peakMib(pid)).toBeLessThan(1.5 * threadLimits.heapMib);
    expect(gateway.logLines().map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^an api thread ended with \d open tasks: .*memory/),
    );
  });
});
