/** How a gateway ends: accepted work first, then every client is told, then nothing is left (operations.md §3, §4). */
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { configLockName } from '../../src/shared/paths.js';
import { connectMany, openSocket, type ControlClient } from '../support/control-client.js';
import {
  chatRequest,
  isAlive,
  startFor,
  temporaryDir,
  type GatewayOptions,
  type TestGateway,
} from '../support/gateway.js';
import { startHttpLoad } from '../support/http-load.js';
import { scrape } from '../support/metrics.js';
import { contentOf, openRaw, rawChat } from '../support/raw-connection.js';
import { requestOnce, type OnceAnswer } from '../support/request-once.js';
import { waitFor, within } from '../support/wait-for.js';

const lockDir = (tmp: string): string => join(tmp, `pllan-${userInfo().uid}`);

/** With the files that must not outlive it. */
async function start(
  test: TestContext,
  options: GatewayOptions = {},
): Promise<TestGateway & { readonly files: string[] }> {
  const tmp = temporaryDir();
  const gateway = await startFor(test, { ...options, env: { ...options.env, TMPDIR: tmp } });
  const { stateDir } = gateway;
  const files = [
    join(stateDir, 'gateway.lock'),
    join(stateDir, 'gateway.sock'),
    join(lockDir(tmp), configLockName(join(stateDir, 'pllan.json'))),
  ];
  return { ...gateway, files };
}

function complete(gateway: TestGateway, content: string): Promise<OnceAnswer> {
  return requestOnce(`${gateway.url}/v1/chat/completions`, chatRequest({ content }));
}

function stream(gateway: TestGateway, content: string): Promise<OnceAnswer> {
  return requestOnce(`${gateway.url}/v1/chat/completions`, chatRequest({ content, stream: true }));
}

async function openTasks(gateway: TestGateway, least: number): Promise<void> {
  await waitFor(
    `${least} open tasks`,
    async () => (await scrape(gateway.url)).total('pllan_pool_open_tasks') >= least,
  );
}

async function draining(gateway: TestGateway): Promise<void> {
  await waitFor('draining', async () => {
    const { status, body } = await requestOnce(`${gateway.url}/readyz`);
    return status === 503 && (JSON.parse(body) as { failing: string[] }).failing.includes('gateway-draining');
  });
}

/** The status of the answer to a WebSocket upgrade that is refused. */
async function refusedUpgrade(gateway: TestGateway): Promise<unknown> {
  return openSocket(gateway.wsUrl).then(
    () => 'accepted',
    (error: Error) => error.message,
  );
}

/** Each client heard `shutdown`, as its last frame, before its close. */
async function expectTold(clients: readonly ControlClient[]): Promise<void> {
  const closes = await within('close of every WebSocket', Promise.all(clients.map(({ closed }) => closed)));
  for (const close of closes) expect(close).toEqual({ code: 1012, reason: 'service restart' });
  for (const { frames } of clients) {
    expect(frames.at(-1)).toMatchObject({ event: 'shutdown', payload: { reason: 'gateway stopping' } });
    expect(frames.filter(({ event }) => event === 'shutdown')).toHaveLength(1);
  }
}

function expectNothingLeft(files: readonly string[], pids: readonly number[]): void {
  expect(files.filter((file) => existsSync(file))).toEqual([]);
  expect(pids.filter(isAlive)).toEqual([]);
}

const words = Array.from({ length: 30 }, (_, i) => `word${i} `).join('');

/** What a streamed answer says, if it is complete. */
function streamedText({ status, body }: OnceAnswer): string {
  const events = body.trim().split('\n\n');
  expect(status).toBe(200);
  expect(events.pop()).toBe('data: [DONE]');
  const chunks = events.map((event) => JSON.parse(event.replace('data: ', '')) as StreamedChunk);
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

interface StreamedChunk {
  readonly choices: readonly {
    readonly delta: { readonly content?: string };
    readonly finish_reason: string | null;
  }[];
}

describe.each([
  ['SIGTERM', 'the primary alone', (gateway: TestGateway) => gateway.pid],
  ['SIGTERM', 'the whole process group', (gateway: TestGateway) => -gateway.pid],
  ['SIGINT', 'the whole process group', (gateway: TestGateway) => -gateway.pid],
] as const)('%s to %s, under load', (signal, _whom, target) => {
  it('finishes what was accepted, refuses what comes, tells every client, leaves nothing', async (test) => {
    const gateway = await start(test, { detached: true });
    const pids = [gateway.pid, ...gateway.workers()];
    expect(gateway.files.filter((file) => !existsSync(file))).toEqual([]);
    const clients = await connectMany(gateway.wsUrl, 20);
    const stranger = await openSocket(gateway.wsUrl);
    const deaf = await openSocket(gateway.wsUrl);
    deaf.socket.pause();
    const kept = await openRaw(gateway.port);
    await kept.write(rawChat('before'));
    await kept.answered(1);
    const answers = Promise.all(Array.from({ length: 5 }, () => complete(gateway, '/wait 3000')));
    const streams = Promise.all(Array.from({ length: 5 }, () => stream(gateway, '/trickle 30 100')));
    await openTasks(gateway, 10);
    const load = startHttpLoad(gateway, 4);
    await waitFor('load', () => load.results.length > 20);

    process.kill(target(gateway), signal);
    await draining(gateway);
    expect(await requestOnce(`${gateway.url}/healthz`)).toMatchObject({ status: 200 });
    expect(await requestOnce(`${gateway.url}/startupz`)).toMatchObject({
      status: 503,
      body: '{"ok":false,"status":"draining"}',
    });
    const refused = await complete(gateway, 'too late');
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1', connection: 'close' } });
    expect(JSON.parse(refused.body)).toMatchObject({ error: { type: 'service_unavailable' } });
    await kept.write(rawChat('too late'));
    expect((await kept.answered(2))[1]).toMatchObject({ status: 503, headers: { connection: 'close' } });
    expect(await refusedUpgrade(gateway)).toBe('Unexpected server response: 503');
    expect(await clients[0]?.call('health')).toMatchObject({ ok: true });
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(new Set(load.results)).toEqual(new Set([200, 503]));

    for (const answer of await answers) expect(contentOf(answer)).toBe('done /wait 3000');
    for (const answer of await streams) expect(streamedText(answer)).toBe(`${words}done /trickle 30 100`);
    await expectTold(clients);
    expect(await within('close of the stranger', stranger.closed)).toMatchObject({ code: 1012 });
    expect(stranger.frames.map(({ event }) => event)).toEqual(['connect.challenge']);
    expect(await within('exit', gateway.exited)).toBe(0);
    expectNothingLeft(gateway.files, pids);
    expect(gateway.output()).toContain(`received ${signal}; shutting down`);
  });
});

describe.concurrent('a stop with nothing to finish', () => {
  it.for(['SIGTERM', 'SIGINT'] as const)('%s: tells the clients all the same', async (signal, test) => {
    const gateway = await start(test);
    const pids = [gateway.pid, ...gateway.workers()];
    const clients = await connectMany(gateway.wsUrl, 3);
    process.kill(gateway.pid, signal);
    await expectTold(clients);
    expect(await within('exit', gateway.exited)).toBe(0);
    expectNothingLeft(gateway.files, pids);
  });

  it('works while the workers are still loading', async (test) => {
    const gateway = await start(test, { started: false });
    await waitFor('open port', () => gateway.output().includes('listening on ws://'));
    const pids = [gateway.pid, ...gateway.workers()];
    process.kill(gateway.pid, 'SIGTERM');
    expect(await within('exit', gateway.exited)).toBe(0);
    expectNothingLeft(gateway.files, pids);
  });
});

describe.concurrent('a second signal', () => {
  it.for([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('forces: %s, then %s', async ([first, second], test) => {
    const gateway = await start(test);
    const pids = [gateway.pid, ...gateway.workers()];
    const clients = await connectMany(gateway.wsUrl, 3);
    const cut = Promise.allSettled([complete(gateway, '/wait 60000'), stream(gateway, '/trickle 600 100')]);
    await openTasks(gateway, 2);
    process.kill(gateway.pid, first);
    await draining(gateway);
    process.kill(gateway.pid, second);
    await expectTold(clients);
    // Far less than the 20 s that a drain may take; two of them are allowed.
    expect(await within('exit', gateway.exited, 5_000)).toBe(1);
    expect((await cut).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expectNothingLeft(gateway.files, pids);
    expect(gateway.output()).toContain(`received ${second} during shutdown; forcing`);
  });
});

describe.concurrent('kill -9 of the primary', () => {
  it('ends its workers; the next start takes the stale lock and socket over', async (test) => {
    const stateDir = temporaryDir();
    const gateway = await start(test, { stateDir });
    const workers = gateway.workers();
    const cut = Promise.allSettled([complete(gateway, '/wait 60000')]);
    await openTasks(gateway, 1);
    process.kill(gateway.pid, 'SIGKILL');
    await waitFor('end of the workers', () => !workers.some(isAlive));
    expect((await cut).map(({ status }) => status)).toEqual(['rejected']);
    expect(await gateway.exited).toBe(null);
    const [lock = ''] = gateway.files;
    expect(ownerOf(lock)).toBe(gateway.pid);

    const successor = await startFor(test, { stateDir });
    expect(ownerOf(lock)).toBe(successor.pid);
    expect(contentOf(await complete(successor, 'hello'))).toBe('hello');
    expect(await successor.stop()).toBe(0);
    expect(existsSync(lock)).toBe(false);
  });
});

function ownerOf(lock: string): number {
  return (JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid;
}
