/** Restarts that are none, or of which the process ends: refused, by a service manager, turned into a stop, killed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ended, sendTurn, started } from '../../support/chat-turns.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startEntry } from '../../support/entry-process.js';
import {
  cleanEnvironment,
  freePort,
  isAlive,
  startFor,
  temporaryDir,
  writeConfig,
  type TestGateway,
} from '../../support/gateway.js';
import { answer, newKey, refusal } from '../../support/session-calls.js';
import { waitFor, within } from '../../support/wait-for.js';

const RESTARTING = { reason: 'gateway restarting', restartExpectedMs: 1_500 };

/** What a client heard last, once it has been closed. */
async function farewell(client: ControlClient): Promise<unknown> {
  expect(await within('close', client.closed, 30_000)).toEqual({ code: 1012, reason: 'service restart' });
  const { event, payload } = client.frames.at(-1) ?? {};
  return { event, payload };
}

async function draining({ url }: TestGateway): Promise<void> {
  await waitFor('the drain', async () => (await fetch(`${url}/readyz`)).status === 503);
}

it('commands.restart=false: nobody may; whoever stops the gateway may start it anew', async (test) => {
  const gateway = await startFor(test, { config: { commands: { restart: false } } });
  const client = await connectControl(gateway.wsUrl);
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
    process.kill(gateway.pid, signal);
    await waitFor('the line', () =>
      gateway.output().includes(`${signal} restart ignored (not authorized; commands.restart=false).`),
    );
  }
  expect(await refusal(client, 'gateway.restart.request', {})).toBe(
    'FORBIDDEN restart refused (commands.restart=false)',
  );
  const intent = join(gateway.stateDir, 'gateway-restart-intent.json');
  writeFileSync(intent, JSON.stringify({ kind: 'gateway-restart', pid: gateway.pid, createdAt: Date.now() }));
  process.kill(gateway.pid, 'SIGTERM');
  expect(await farewell(client)).toEqual({ event: 'shutdown', payload: RESTARTING });
  expect(await within('exit', gateway.exited)).toBe(0);
  expect(existsSync(intent)).toBe(false);
});

it('under a service manager whoever asks for a restart gets another process', async (test) => {
  const gateway = await startFor(test, { env: { PLLAN_SERVICE_MARKER: 'pllan' } });
  const client = await connectControl(gateway.wsUrl);
  await answer(client, 'gateway.restart.request', { note: 'New program.' });
  expect(await farewell(client)).toEqual({ event: 'shutdown', payload: RESTARTING });
  expect(await within('exit', gateway.exited)).toBe(0);
  const sentinel = JSON.parse(
    readFileSync(join(gateway.stateDir, 'restart-sentinel.json'), 'utf8'),
  ) as unknown;
  expect(sentinel).toEqual({
    version: 1,
    payload: { kind: 'restart', status: 'ok', ts: expect.any(Number), message: 'New program.' },
  });
});

it('SIGTERM in a restart makes a stop of it; what was accepted ends first', async (test) => {
  const gateway = await startFor(test);
  const client = await connectControl(gateway.wsUrl);
  const running = await sendTurn(client, newKey(), '/wait 2000');
  await started(client, running);
  await answer(client, 'gateway.restart.request', { skipDeferral: true });
  await draining(gateway);
  process.kill(gateway.pid, 'SIGTERM');
  expect(await ended(client, running)).toMatchObject({ state: 'final' });
  expect(await farewell(client)).toEqual({ event: 'shutdown', payload: { reason: 'gateway stopping' } });
  expect(await within('exit', gateway.exited)).toBe(0);
  expect(gateway.output()).toContain('received SIGTERM; shutting down');
});

it('kill -9 in a restart loses nothing that was accepted', async (test) => {
  const stateDir = temporaryDir();
  const gateway = await startFor(test, { stateDir });
  const client = await connectControl(gateway.wsUrl);
  const sessionKey = newKey();
  const running = await sendTurn(client, sessionKey, '/wait 60000');
  await started(client, running);
  const waiting = await sendTurn(client, sessionKey, 'two');
  await answer(client, 'gateway.restart.request', { skipDeferral: true, note: 'Later.', sessionKey });
  await draining(gateway);
  const workers = gateway.workers();
  process.kill(gateway.pid, 'SIGKILL');
  await gateway.exited;
  await waitFor('end of the workers', () => !workers.some(isAlive));

  const successor = await startFor(test, { stateDir });
  const again = await connectControl(successor.wsUrl);
  for (const runId of [running, waiting])
    expect(await answer(again, 'agent.wait', { runId })).toMatchObject({ runId, status: 'error' });
  await waitFor('the sentinel to be gone', () => !existsSync(join(stateDir, 'restart-sentinel.json')));
  expect(await answer(again, 'update.status', {})).toMatchObject({
    sentinel: { kind: 'restart', message: 'Later.', sessionKey },
  });
});

it('a new port is tried before the old one is left', async (test) => {
  const stateDir = temporaryDir();
  const ports = [await freePort(), await freePort()] as const;
  writeConfig(stateDir, { gateway: { port: ports[0] } });
  const gateway = startEntry(['gateway'], { env: cleanEnvironment(stateDir) });
  test.onTestFinished(async () => void (await gateway.stop()));
  await gateway.prints(/\] ready \(/);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(ports[1], '127.0.0.1', resolve));
  writeConfig(stateDir, { gateway: { port: ports[1] } });
  process.kill(gateway.pid, 'SIGUSR1');
  await waitFor('the refusal', () =>
    gateway.output().includes('restart given up, the gateway goes on as it is'),
  );
  expect((await fetch(`http://127.0.0.1:${ports[0]}/healthz`)).status).toBe(200);

  await new Promise((resolve) => taken.close(resolve));
  process.kill(gateway.pid, 'SIGUSR1');
  await gateway.prints(new RegExp(`listening on ws://127.0.0.1:${ports[1]} `));
  expect((await fetch(`http://127.0.0.1:${ports[1]}/healthz`)).status).toBe(200);
  const lock = JSON.parse(readFileSync(join(stateDir, 'gateway.lock'), 'utf8')) as object;
  expect(lock).toMatchObject({ pid: gateway.pid, port: ports[1] });
});
