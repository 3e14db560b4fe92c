/** One gateway for a state dir, one for a port (config.md §11). */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { connectControl } from '../support/control-client.js';
import { entry } from '../support/entry-process.js';
import {
  chatRequest,
  cleanEnvironment,
  freePort,
  isAlive,
  ready,
  startFor,
  temporaryDir,
  writeConfig,
  type TestGateway,
} from '../support/gateway.js';
import { requestOnce } from '../support/request-once.js';
import { waitFor, within } from '../support/wait-for.js';

function expectServes(gateway: TestGateway): Promise<void> {
  const request = requestOnce(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'still there' }));
  return expect(request).resolves.toMatchObject({ status: 200 });
}

function lockOf(stateDir: string): { readonly pid: number; readonly port: number } {
  return JSON.parse(readFileSync(join(stateDir, 'gateway.lock'), 'utf8')) as { pid: number; port: number };
}

describe.concurrent('a second gateway', () => {
  it('with the same state dir waits 5 s for the lock, says who has it and exits 1', async (test) => {
    const first = await startFor(test);
    const second = await startFor(test, { stateDir: first.stateDir, started: false });
    expect(await within('exit', second.exited)).toBe(1);
    expect(second.stderr()).toContain(
      `gateway already running (pid ${first.pid}); lock timeout after 5000ms\n`,
    );
    expect(second.stderr()).toContain('pllan gateway stop');
    expect(lockOf(first.stateDir)).toMatchObject({ pid: first.pid, port: first.port });
    await expectServes(first);
  });

  it('with the same port only says where the other listens, exits 1 and leaves nothing', async (test) => {
    const first = await startFor(test);
    const stateDir = temporaryDir();
    const second = await startFor(test, { stateDir, port: first.port, started: false });
    expect(await within('exit', second.exited)).toBe(1);
    expect(second.stderr()).toContain(
      `another gateway instance is already listening on ws://127.0.0.1:${first.port} (EADDRINUSE)\n`,
    );
    expect(existsSync(join(stateDir, 'gateway.lock'))).toBe(false);
    expect(existsSync(join(stateDir, 'gateway.sock'))).toBe(false);
    await expectServes(first);
  });

  it('with its own port and state dir runs beside the first', async (test) => {
    const both = await Promise.all([startFor(test), startFor(test)]);
    for (const gateway of both) await expectServes(gateway);
  });

  it.for([
    ['the same state dir', true],
    ['another state dir', false],
  ] as const)('with --force and %s takes the place of the first', async ([, same], test) => {
    const first = await startFor(test);
    const client = await connectControl(first.wsUrl);
    const stateDir = same ? first.stateDir : temporaryDir();
    const second = await startFor(test, {
      stateDir,
      port: first.port,
      args: ['--force'],
      started: false,
    });
    expect(await within('exit of the first', first.exited)).toBe(0);
    await ready(second);
    await expectServes(second);
    // A gateway that is told to go says so to its clients, here too.
    expect(await within('close', client.closed)).toEqual({ code: 1012, reason: 'service restart' });
    expect(client.frames.at(-1)).toMatchObject({ event: 'shutdown' });
    expect(lockOf(stateDir)).toMatchObject({ pid: second.pid, port: first.port });
    expect(second.output()).toContain(`force: killed pid ${first.pid} (`);
    expect(second.output()).toContain(`for port ${first.port} to free`);
  });

  it('with --force in the shell of an agent leaves the first alone', async (test) => {
    const first = await startFor(test);
    const second = await startFor(test, {
      port: first.port,
      args: ['--force'],
      started: false,
      env: { PLLAN_SHELL: 'exec' },
    });
    expect(await within('exit of the second', second.exited)).toBe(1);
    expect(second.output()).toContain(
      `force: the gateway on port ${first.port} (pid ${first.pid}) is not ended from the shell of an agent.`,
    );
    await expectServes(first);
  });

  it('with --force on a free port just starts', async (test) => {
    const gateway = await startFor(test, { args: ['--force', '--verbose'] });
    expect(gateway.output()).toContain(`force: no listeners on port ${gateway.port}`);
  });
});

describe.concurrent('several gateways at once', () => {
  it('one gets the lock that a dead one left, the others say who', async (test) => {
    const stateDir = temporaryDir();
    writeFileSync(
      join(stateDir, 'gateway.lock'),
      JSON.stringify({ pid: 2 ** 22 + 1, createdAt: '', port: 1 }),
    );
    const gateways = await Promise.all(
      Array.from({ length: 4 }, () => startFor(test, { stateDir, started: false })),
    );
    const winner = await within(
      'one that is ready',
      Promise.any(gateways.map((one) => ready(one).then(() => one))),
    );
    const others = gateways.filter((one) => one !== winner);
    expect(await within('exits', Promise.all(others.map(({ exited }) => exited)))).toEqual([1, 1, 1]);
    for (const { stderr } of others)
      expect(stderr()).toContain(`gateway already running (pid ${winner.pid})`);
    expect(lockOf(stateDir).pid).toBe(winner.pid);
    await expectServes(winner);
  });
});

describe.concurrent('a lock that nobody holds', () => {
  it.for([
    ['of a dead process', JSON.stringify({ pid: 2 ** 22 + 1, createdAt: '', configPath: '', port: 1 })],
    ['of a pid that is something else now', JSON.stringify({ pid: process.pid, startTime: 1, port: 1 })],
    ['cut off while it was written', '{"pid":'],
  ] as const)('is taken over: %s', async ([, text], test) => {
    const stateDir = temporaryDir();
    writeFileSync(join(stateDir, 'gateway.lock'), text);
    const gateway = await startFor(test, { stateDir });
    expect(lockOf(stateDir).pid).toBe(gateway.pid);
  });
});

/** A gateway whose parent takes no notice when it ends: it stays in the process table. */
async function startForgotten(test: TestContext, port: number): Promise<{ stateDir: string; pid: number }> {
  const stateDir = temporaryDir();
  writeConfig(stateDir);
  const script = '"$0" "$1" gateway --port "$2" & exec sleep 600';
  const parent = spawn('bash', ['-c', script, process.execPath, entry, String(port)], {
    env: cleanEnvironment(stateDir),
    stdio: 'ignore',
  });
  test.onTestFinished(() => void parent.kill('SIGKILL'));
  await waitFor('the lock', () => existsSync(join(stateDir, 'gateway.lock')));
  const { pid } = lockOf(stateDir);
  test.onTestFinished(() => void (isAlive(pid) && process.kill(pid, 'SIGKILL')));
  await waitFor('an open port', () =>
    requestOnce(`http://127.0.0.1:${port}/healthz`).then(
      () => true,
      () => false,
    ),
  );
  return { stateDir, pid };
}

describe.concurrent('a gateway that has ended without its parent taking notice', () => {
  it('does not hold the lock', async (test) => {
    const port = await freePort();
    const { stateDir, pid } = await startForgotten(test, port);
    process.kill(pid, 'SIGKILL');
    await waitFor('its end', () => !isAlive(pid));
    const gateway = await startFor(test, { stateDir, port });
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect(lockOf(stateDir).pid).toBe(gateway.pid);
  });

  it('is not waited for by --force', async (test) => {
    const port = await freePort();
    const { stateDir, pid } = await startForgotten(test, port);
    const gateway = await startFor(test, { stateDir, port, args: ['--force'], started: false });
    await gateway.prints(/ready \(/);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect(gateway.output()).toContain(`force: killed pid ${pid} (`);
    expect(gateway.output()).not.toContain('escalated');
    expect(lockOf(stateDir).pid).toBe(gateway.pid);
  });
});
