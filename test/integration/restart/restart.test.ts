/** A gateway that starts anew in its process (operations.md §3.2): what clients see of it, what it keeps, what it loses. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, sendTurn, started } from '../../support/chat-turns.js';
import {
  connectControl,
  connectParams,
  openSocket,
  type ControlClient,
} from '../../support/control-client.js';
import { childrenOf, isAlive, startGateway, type TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import { inFull } from '../../support/in-full.js';
import {
  answerStream,
  providerConfig,
  startMockProvider,
  type MockProvider,
} from '../../support/mock-provider.js';
import { answer, newKey, refusal, runTurn } from '../../support/session-calls.js';
import { waitFor, within } from '../../support/wait-for.js';

/** Lets the test ask for the heap as it is without what nobody needs. */
const heapReport = `
import v8 from 'node:v8';
import vm from 'node:vm';
v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');
process.on('SIGWINCH', () => {
  gc();
  gc();
  process.stdout.write('heap ' + process.memoryUsage().heapUsed + '\\n');
});`;

/** What the provider answers waits for this. */
let held: { readonly promise: Promise<void>; release(): void } | undefined;
function hold(): void {
  let release!: () => void;
  const promise = new Promise<void>((resolve) => (release = resolve));
  held = { promise, release };
}

let provider: MockProvider;
let gateway: TestGateway;
let client: ControlClient & { readonly hello: ControlClient['frames'][number] };

beforeAll(async () => {
  const hi = answerStream(['Hi']);
  provider = await startMockProvider(
    (call) => void (held?.promise ?? Promise.resolve()).then(() => hi(call)),
  );
  gateway = await startGateway({
    config: providerConfig(provider.baseUrl),
    env: {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(heapReport)}`,
      PLLAN_TEST_COOL_DOWN_MS: '3600000',
    },
  });
  client = await connectControl(gateway.wsUrl);
});
afterAll(async () => {
  held?.release();
  await gateway.stop();
  await provider.stop();
});

const bootId = ({ payload }: typeof client.hello): unknown =>
  (payload as { server: { bootId: string } } | undefined)?.server.bootId;

/** Lets the restart that has been asked for go its way: every client is told; gives one that has come back. */
async function comeBack(): Promise<void> {
  expect(await within('close', client.closed, 30_000)).toEqual({ code: 1012, reason: 'service restart' });
  expect(client.frames.at(-1)).toMatchObject({
    event: 'shutdown',
    payload: { reason: 'gateway restarting', restartExpectedMs: 1_500 },
  });
  const before = bootId(client.hello);
  client = await waitFor('to be let in again', async () => {
    const next = await connectControl(gateway.wsUrl).catch(() => undefined);
    return next?.hello.ok === true && next;
  });
  expect(bootId(client.hello)).not.toBe(before);
  await within('the rest of the start', waitForReady());
}

async function waitForReady(): Promise<void> {
  await waitFor('ready', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
}

const request = (params: object = {}): Promise<Record<string, unknown>> =>
  answer(client, 'gateway.restart.request', params);

describe('SIGUSR1 and SIGUSR2', () => {
  it.each(['SIGUSR1', 'SIGUSR2'] as const)('%s: the process stays, all in it begins anew', async (signal) => {
    const workers = gateway.workers();
    const owner = readFileSync(join(gateway.stateDir, 'gateway.lock'), 'utf8');
    const counted = (await scrape(gateway.url)).cumulative;
    const signalledAt = performance.now();
    process.kill(gateway.pid, signal);
    await comeBack();
    const { uptimeMs } = (await (await fetch(`${gateway.url}/readyz`)).json()) as { uptimeMs: number };
    expect(uptimeMs).toBeLessThanOrEqual(performance.now() - signalledAt);
    expect(gateway.child.exitCode).toBe(null);
    expect(workers.filter(isAlive)).toEqual([]);
    expect(gateway.workers()).toHaveLength(workers.length);
    expect(readFileSync(join(gateway.stateDir, 'gateway.lock'), 'utf8')).toBe(owner);
    const after = (await scrape(gateway.url)).cumulative;
    const backwards = [...counted].filter(
      ([series, value]) => series.startsWith('pllan_') && (after.get(series) ?? 0) < value,
    );
    expect(backwards).toEqual([]);
    expect(gateway.output()).toContain(`received ${signal}; restarting`);
  });
});

describe('gateway.restart.request', () => {
  it('waits for what is under way, and serves everything meanwhile', async () => {
    const sessionKey = newKey();
    hold();
    const running = await sendTurn(client, sessionKey, 'one');
    await started(client, running);
    const behind = await sendTurn(client, sessionKey, 'two');
    const counts = { activeRuns: 1, queueSize: 1, totalActive: 2 };
    expect(await answer(client, 'gateway.restart.preflight', {})).toEqual({
      safe: false,
      counts,
      blockers: [
        { kind: 'run', count: 1, message: '1 run(s) under way' },
        { kind: 'queue', count: 1, message: '1 run(s) wait for their turn' },
      ],
    });
    expect(await request({ reason: 'new program', note: 'Was it good?', sessionKey })).toMatchObject({
      ok: true,
      status: 'deferred',
      preflight: { safe: false, counts },
      restart: { ok: true, delayMs: 0, reason: 'new program', coalesced: false },
    });
    await waitFor('the wait', () => gateway.output().includes('restart deferred until 2 run(s) complete'));
    expect(await request({ delayMs: 5_000 })).toMatchObject({
      status: 'coalesced',
      restart: { reason: 'new program', coalesced: true },
    });
    const other = await connectControl(gateway.wsUrl);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    held?.release();
    expect(await ended(client, running)).toMatchObject({ state: 'final' });
    expect(await ended(client, behind)).toMatchObject({ state: 'final' });
    expect(await within('close', other.closed)).toMatchObject({ code: 1012 });
    await comeBack();
    expect(gateway.output()).toContain('restarting: new program');
    expect(await answer(client, 'gateway.restart.preflight', {})).toMatchObject({ safe: true, blockers: [] });
  });

  it('tells the session that is named, in its next turn', async () => {
    const sessionKey = newKey();
    await runTurn(client, 'one', sessionKey);
    await request({ note: 'Was it good?', sessionKey });
    await comeBack();
    await waitFor('the sentinel to be gone', () => !files().includes('restart-sentinel.json'));
    expect(await answer(client, 'update.status', {})).toMatchObject({
      sentinel: { kind: 'restart', status: 'ok', message: 'Was it good?', sessionKey },
    });
    await runTurn(client, 'two', sessionKey);
    expect(lastPrompt()).toEqual(['one', 'Hi', 'System: Gateway restart (restart): ok\nWas it good?', 'two']);
  });

  it('does not stop for a config that cannot be started with, and says so', async () => {
    const sessionKey = newKey();
    const path = join(gateway.stateDir, 'pllan.json');
    const config = readFileSync(path, 'utf8');
    writeFileSync(path, '{ gateway: { mode: "local", port: "many" } }');
    expect(await request({ note: 'No.', sessionKey })).toMatchObject({ status: 'scheduled' });
    await waitFor('the refusal', () =>
      gateway.output().includes('restart given up, the gateway goes on as it is'),
    );
    writeFileSync(path, config);
    await waitFor('the sentinel to be gone', () => !files().includes('restart-sentinel.json'));
    expect((await client.call('health')).ok).toBe(true);
    expect(await answer(client, 'update.status', {})).toMatchObject({ sentinel: { status: 'error' } });
    await runTurn(client, 'two', sessionKey);
    expect(lastPrompt()[0]).toMatch(/^System: Gateway restart \(restart\): error\nNo\.\nConfig invalid/);
  });

  it('ends at once what is under way where it is forced; who comes meanwhile is told to come again', async () => {
    hold();
    const running = await sendTurn(client, newKey(), 'one');
    await started(client, running);
    const stranger = await openSocket(gateway.wsUrl);
    expect(await request({ skipDeferral: true })).toMatchObject({ status: 'scheduled' });
    await waitFor('the drain', async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
    stranger.send({ type: 'req', id: 'c', method: 'connect', params: connectParams() });
    expect(await stranger.frame('refusal', ({ id }) => id === 'c')).toMatchObject({
      ok: false,
      error: {
        code: 'UNAVAILABLE',
        message: 'connect unavailable during gateway restart',
        retryable: true,
        retryAfterMs: 1_000,
      },
    });
    expect(await within('close', stranger.closed)).toEqual({
      code: 1013,
      reason: 'gateway restart in progress',
    });
    expect(await request()).toMatchObject({ status: 'coalesced' });
    expect(
      await refusal(client, 'chat.send', { sessionKey: newKey(), message: 'x', idempotencyKey: 'x' }),
    ).toMatch(/^UNAVAILABLE /);
    held?.release();
    await comeBack();

    hold();
    const cut = await sendTurn(client, newKey(), 'one');
    await started(client, cut);
    await request({ force: true });
    expect(await ended(client, cut)).toMatchObject({ state: 'aborted', stopReason: 'restart' });
    await comeBack();
    held?.release();
    held = undefined;
  });
});

describe('a change of the config that needs a restart', () => {
  it('asks for one; whoever wrote it is told when it counts', async () => {
    const sessionKey = newKey();
    const { hash } = await answer(client, 'config.get', {});
    const written = await answer(client, 'config.patch', {
      raw: '{gateway:{handshakeTimeoutMs:14000}}',
      baseHash: hash,
      sessionKey,
      note: 'Less patient.',
      restartDelayMs: 100,
    });
    expect(written).toMatchObject({
      changedPaths: ['gateway.handshakeTimeoutMs'],
      pending: ['gateway.handshakeTimeoutMs'],
      restart: { ok: true, delayMs: 100, coalesced: false },
      sentinel: {
        persisted: true,
        payload: { kind: 'config-patch', status: 'ok', message: 'Less patient.', sessionKey },
      },
    });
    await comeBack();
    const { appliedConfigHash, configRevisionHash } = await answer(client, 'config.get', {});
    expect(appliedConfigHash).toBe(configRevisionHash);
    await waitFor('the sentinel to be gone', () => !files().includes('restart-sentinel.json'));
    await runTurn(client, 'one', sessionKey);
    expect(lastPrompt()).toEqual(['System: Gateway restart (config-patch): ok\nLess patient.', 'one']);
  });

  it('keeps a distance to the one before, unless somebody asks', async () => {
    const path = join(gateway.stateDir, 'pllan.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as { gateway: object };
    writeFileSync(
      path,
      JSON.stringify({ ...config, gateway: { ...config.gateway, handshakeTimeoutMs: 13_000 } }),
    );
    await gateway.prints(/restart in \d{6,7} ms: config changed: gateway.handshakeTimeoutMs/);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect(await request()).toMatchObject({ status: 'coalesced' });
    await comeBack();
    const { appliedConfigHash, configRevisionHash } = await answer(client, 'config.get', {});
    expect(appliedConfigHash).toBe(configRevisionHash);
  });
});

describe('restarts, many of them', () => {
  it('leave nothing behind', async () => {
    const warmUp = 4;
    const measured = inFull ? 30 : 4;
    const restart = async (): Promise<void> => {
      const ready = count(/\] ready \(/g);
      process.kill(gateway.pid, 'SIGUSR1');
      await waitFor('another start', () => count(/\] ready \(/g) > ready, 30_000);
    };
    for (let n = 0; n < warmUp; n += 1) await restart();
    const before = { ...(await holdings(gateway)), heap: await heap() };
    for (let n = 0; n < measured; n += 1) await restart();
    const after = { ...(await holdings(gateway)), heap: await heap() };
    expect({ ...after, heap: 0 }).toEqual({ ...before, heap: 0 });
    expect((after.heap - before.heap) / measured).toBeLessThan(100_000);
    expect(gateway.stderr()).not.toMatch(/MaxListeners|Warning:/);
    client = await connectControl(gateway.wsUrl);
    expect(client.hello.ok).toBe(true);
  });
});

/** What the process holds, as the system counts it. */
async function holdings({ pid, url }: TestGateway): Promise<object> {
  const samples = await scrape(url);
  return {
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    children: childrenOf(pid).length,
    handles: samples.total('nodejs_active_handles_total', { process: 'primary' }),
  };
}

async function heap(): Promise<number> {
  const told = count(/^heap /gm);
  process.kill(gateway.pid, 'SIGWINCH');
  await waitFor('the heap', () => count(/^heap /gm) > told);
  return Number([...gateway.stdout().matchAll(/^heap (\d+)/gm)].at(-1)?.[1]);
}

const count = (pattern: RegExp): number => [...gateway.stdout().matchAll(pattern)].length;
const files = (): string[] => readdirSync(gateway.stateDir);

/** What the model was asked last. */
function lastPrompt(): string[] {
  const body = (provider.calls.at(-1)?.body ?? { messages: [] }) as { messages: { content: string }[] };
  return body.messages.map(({ content }) => content);
}
