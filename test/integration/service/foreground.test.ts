/** Gateways that nobody manages: `gateway stop` and `gateway restart` find theirs, and leave every other process alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, sendTurn, started } from '../../support/chat-turns.js';
import { connectControl } from '../../support/control-client.js';
import { entry, startEntry } from '../../support/entry-process.js';
import {
  cleanEnvironment,
  freePort,
  isAlive,
  startFor,
  startGateway,
  temporaryDir,
  writeConfig,
  type TestGateway,
} from '../../support/gateway.js';
import { newKey } from '../../support/session-calls.js';
import { within } from '../../support/wait-for.js';

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** In the environment of a state directory, without a service manager. */
async function pllan(
  line: string,
  stateDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const command = startEntry(line.split(' '), {
    env: { ...cleanEnvironment(stateDir, env), HOME: stateDir },
  });
  const code = await within(line, command.exited, 60_000);
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

const bootId = async ({ url }: TestGateway): Promise<number> => {
  const answer = (await (await fetch(`${url}/readyz`)).json()) as { uptimeMs: number };
  return answer.uptimeMs;
};

describe('two gateways side by side', () => {
  let one: TestGateway;
  let two: TestGateway;
  beforeAll(async () => {
    [one, two] = await Promise.all([startGateway(), startGateway()]);
  });
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop()]);
  });

  it('are each shown as running in the foreground', async () => {
    // Each was given its port on its command line, and nobody says it again.
    for (const { stateDir, port, pid } of [one, two]) {
      const { stdout } = await pllan('gateway status', stateDir);
      expect(stdout).toContain(`port=${port} (running gateway)\n`);
      expect(stdout).toContain(`Runtime: running (pid ${pid}, foreground)\nRPC probe: ok\n`);
    }
  });

  it('restart sends the own one a signal and waits until it is ready again', async () => {
    const other = await bootId(two);
    const startedAt = performance.now();
    const { code, stdout, stderr } = await pllan('gateway restart', one.stateDir);
    expect([code, stdout, stderr]).toEqual([0, 'Gateway restarted.\n', '']);
    expect(await bootId(one)).toBeLessThan(performance.now() - startedAt);
    expect(isAlive(one.pid)).toBe(true);
    expect(one.output()).toContain('received SIGUSR1; restarting');
    expect(await bootId(two)).toBeGreaterThanOrEqual(other);
    expect(two.output()).not.toContain('restarting');
  });

  it('restart --safe asks it, which waits for what is under way; --force ends that', async () => {
    const client = await connectControl(one.wsUrl);
    const runId = await sendTurn(client, newKey(), '/wait 60000');
    await started(client, runId);
    const env = { PLLAN_GATEWAY_PORT: String(one.port) };
    const deferred = await pllan('gateway restart --safe --json', one.stateDir, env);
    expect(JSON.parse(deferred.stdout)).toMatchObject({
      ok: true,
      action: 'restart',
      result: 'scheduled',
      message: 'Gateway restart scheduled: it waits for 1 run(s).',
    });
    const waited = pllan('gateway restart --wait 1ms --force --json', one.stateDir, env);
    expect(await ended(client, runId)).toMatchObject({ state: 'aborted', stopReason: 'restart' });
    expect(JSON.parse((await waited).stdout)).toMatchObject({ ok: true, result: 'restarted' });
  });

  it('a config that could not be started with stops nothing; nor does commands.restart=false', async () => {
    writeConfig(one.stateDir, { gateway: { port: 'many' } });
    const broken = await pllan('gateway restart', one.stateDir);
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/^Config invalid\n/)]);
    writeConfig(one.stateDir, { commands: { restart: false } });
    const refused = await pllan('gateway restart', one.stateDir);
    expect([refused.code, refused.stderr]).toEqual([1, 'restart refused (commands.restart=false)\n']);
    writeConfig(one.stateDir);
    expect(isAlive(one.pid)).toBe(true);
  });

  it('stop ends the own one, and says so; the other goes on', async () => {
    const { code, stdout } = await pllan('gateway stop --json', one.stateDir);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { ok: true, action: 'stop', result: 'stopped', message: `Gateway stopped (pid ${one.pid}).` },
    ]);
    expect(await within('exit', one.exited)).toBe(0);
    expect((await fetch(`${two.url}/readyz`)).status).toBe(200);
    const env = { PLLAN_GATEWAY_PORT: String(one.port) };
    const nothing = await pllan('gateway stop', one.stateDir, env);
    expect([nothing.code, nothing.stdout]).toEqual([0, 'No gateway process found\n']);
  });

  it('one of another state directory is not touched, whatever port is meant', async () => {
    const env = { PLLAN_GATEWAY_PORT: String(two.port) };
    const stop = await pllan('gateway stop', one.stateDir, env);
    expect([stop.code, stop.stdout]).toEqual([
      0,
      `No gateway process found\nPort ${two.port} is held by a gateway of another state directory (pid ${two.pid}), which was left alone.\n`,
    ]);
    const restart = await pllan('gateway restart --json', one.stateDir, env);
    expect([restart.code, JSON.parse(restart.stdout)]).toMatchObject([
      1,
      {
        ok: false,
        action: 'restart',
        error: 'No gateway process found',
        hints: [expect.stringContaining(`(pid ${two.pid})`), expect.any(String), expect.any(String)],
      },
    ]);
    expect((await fetch(`${two.url}/readyz`)).status).toBe(200);
  });
});

it('gateways by profile and by environment share nothing; stopping one leaves the others', async (test) => {
  const home = temporaryDir();
  const start = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
    const port = await freePort();
    const words = [...args, 'gateway', '--port', String(port), '--allow-unconfigured'];
    const child = startEntry(words, {
      env: { PATH: process.env.PATH, HOME: home, PLLAN_HOME: home, ...env },
    });
    test.onTestFinished(async () => void (await child.stop()));
    await child.prints(/\] ready \(/);
    return { ...child, port };
  };
  const byProfile = await start(['--profile', 'work'], {});
  const byEnvironment = await start([], {
    PLLAN_STATE_DIR: join(home, 'b'),
    PLLAN_CONFIG_PATH: join(home, 'b.json'),
  });
  const stop = startEntry(['--profile', 'work', 'gateway', 'stop'], {
    env: { PATH: process.env.PATH, HOME: home, PLLAN_HOME: home },
  });
  expect(await within('stop', stop.exited)).toBe(0);
  expect(stop.stdout()).toBe(`Gateway stopped (pid ${byProfile.pid}).\n`);
  expect(await within('exit', byProfile.exited)).toBe(0);
  expect((await fetch(`http://127.0.0.1:${byEnvironment.port}/readyz`)).status).toBe(200);
});

it('restart waits for it where it comes up, which is where the config says now', async (test) => {
  const stateDir = temporaryDir();
  const configure = (port: number): void =>
    writeConfig(stateDir, { gateway: { port, reload: { mode: 'off' } } });
  configure(await freePort());
  const gateway = startEntry(['gateway'], { env: { ...cleanEnvironment(stateDir), HOME: stateDir } });
  test.onTestFinished(async () => void (await gateway.stop()));
  await gateway.prints(/\] ready \(/);
  const port = await freePort();
  configure(port);
  const { code, stdout } = await pllan('gateway restart', stateDir);
  expect([code, stdout]).toEqual([0, 'Gateway restarted.\n']);
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
});

describe('what is no gateway is never ended', () => {
  it('another program on the port', async (test) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const stateDir = temporaryDir();
    writeConfig(stateDir, { gateway: { port } });
    const { code, stdout } = await pllan('gateway stop', stateDir);
    expect([code, stdout]).toEqual([
      0,
      `No gateway process found\nPort ${port} is held by another program (pid ${process.pid}), which was left alone.\n`,
    ]);
  });

  it('a process that has the pid of a gateway that is gone', async (test) => {
    const stateDir = temporaryDir();
    writeConfig(stateDir, { gateway: { port: await freePort() } });
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', entry, 'gateway']);
    test.onTestFinished(() => void bystander.kill('SIGKILL'));
    await once(bystander, 'spawn');
    const owner = { pid: bystander.pid, createdAt: '', configPath: '', port: 1, startTime: 1 };
    writeFileSync(join(stateDir, 'gateway.lock'), JSON.stringify(owner));
    expect((await pllan('gateway stop', stateDir)).stdout).toContain('No gateway process found');
    expect((await pllan('gateway restart', stateDir)).code).toBe(1);
    expect(bystander.exitCode).toBeNull();
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
  });
});

it('under systemd a gateway beside a healthy twin ends with 78, and is not started again', async (test) => {
  const gateway = await startFor(test);
  const env = { PLLAN_SERVICE_MARKER: 'pllan', INVOCATION_ID: 'a1' };
  const sameState = await startFor(test, { stateDir: gateway.stateDir, started: false, env });
  const samePort = await startFor(test, { port: gateway.port, started: false, env });
  expect(await within('exit', sameState.exited)).toBe(78);
  expect(await within('exit', samePort.exited)).toBe(78);
});
