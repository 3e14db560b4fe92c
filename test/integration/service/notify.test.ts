/** What systemd hears of a real gateway: a stand-in for `systemd-notify` writes down how it was called. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { commandLine } from '../../../src/shared/process-facts.js';
import { startEntry } from '../../support/entry-process.js';
import { cleanEnvironment, startFor, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { waitFor, within } from '../../support/wait-for.js';

interface Listening {
  readonly env: Readonly<Record<string, string>>;
  said(): string[];
  count(word: string): number;
}

function listening(script = ''): Listening {
  const dir = temporaryDir();
  const file = join(dir, 'said');
  const program = join(dir, 'systemd-notify');
  writeFileSync(
    program,
    `#!/bin/sh\n${script}\necho "$NOTIFY_SOCKET $*" >> '${file}'\nenv | sort > '${file}.env'\n`,
  );
  chmodSync(program, 0o755);
  const said = (): string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return {
    env: { NOTIFY_SOCKET: '/run/x/notify', PATH: `${dir}:${process.env.PATH}` },
    said,
    count: (word) => said().filter((line) => line.includes(word)).length,
  };
}

async function startWith(
  test: Pick<TestContext, 'onTestFinished'>,
  systemd: Listening,
  env: Readonly<Record<string, string>> = {},
): Promise<TestGateway> {
  return startFor(test, { env: { ...systemd.env, ...env } });
}

/** Lets a test stop the event loop for as long as it likes. */
const blocker = `process.on('SIGWINCH', () => { const end = Date.now() + 1500; while (Date.now() < end); });`;

describe('a gateway that systemd has started', () => {
  it('says when it is ready, feeds the watchdog, stays ready through a restart, and says that it ends', async (test) => {
    const systemd = listening();
    const gateway = await startWith(test, systemd, {
      WATCHDOG_USEC: '300000',
      PLLAN_SERVICE_MARKER: 'pllan',
    });
    await waitFor('READY', () => systemd.count('--ready') > 0);
    expect(systemd.said().find((line) => line.includes('--ready'))).toContain(
      `--ready --pid=${gateway.pid} --status=listening on port ${gateway.port}`,
    );
    await waitFor('WATCHDOG', () => systemd.count('WATCHDOG=1') > 2);
    process.kill(gateway.pid, 'SIGUSR1');
    await waitFor('READY again', () => systemd.count('--ready') > 1);
    expect(systemd.count('STOPPING')).toBe(0);
    const fed = systemd.count('WATCHDOG=1');
    await waitFor('WATCHDOG again', () => systemd.count('WATCHDOG=1') > fed + 1);
    // It gets its own environment and nothing of ours; workers get nothing of systemd's.
    const file = join(systemd.env.PATH?.split(':')[0] ?? '', 'said.env');
    expect(readFileSync(file, 'utf8')).not.toMatch(/PLLAN_|WATCHDOG/);
    const workers = gateway.workers().filter((pid) => commandLine(pid).includes('workers/main.js'));
    expect(workers.length).toBeGreaterThan(0);
    for (const pid of workers) expect(environmentOf(pid)).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/);

    gateway.child.kill('SIGTERM');
    expect(await within('exit', gateway.exited)).toBe(0);
    expect(systemd.said().at(-1)).toMatch(/^\/run\/x\/notify .*\bSTOPPING=1 --status=stopping$/);
    expect(systemd.count('STOPPING')).toBe(1);
  });

  it('does not feed the watchdog while its event loop hangs', async (test) => {
    const systemd = listening();
    const gateway = await startWith(test, systemd, {
      WATCHDOG_USEC: '300000',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(blocker)}`,
    });
    await waitFor('WATCHDOG', () => systemd.count('WATCHDOG=1') > 0);
    const at = (): number => Date.now();
    process.kill(gateway.pid, 'SIGWINCH');
    // The one that was under way when it began may still be heard.
    const before = systemd.count('WATCHDOG=1');
    const startedAt = at();
    await waitFor('life', async () => (await fetch(`${gateway.url}/healthz`)).ok && at() - startedAt > 1_000);
    expect(systemd.count('WATCHDOG=1') - before).toBeLessThanOrEqual(2);
    const after = systemd.count('WATCHDOG=1');
    await waitFor('WATCHDOG again', () => systemd.count('WATCHDOG=1') > after + 1);
  });

  it('says nothing to a watchdog that waits for another process, and starts without systemd-notify', async (test) => {
    const systemd = listening();
    await startWith(test, systemd, { WATCHDOG_USEC: '300000', WATCHDOG_PID: '1' });
    await waitFor('READY', () => systemd.count('--ready') > 0);
    const missing = await startFor(test, { env: { NOTIFY_SOCKET: '/run/x', PATH: '/nonexistent' } });
    await waitFor('the line', () => missing.output().includes('systemd-notify failed: '));
    expect((await fetch(`${missing.url}/readyz`)).status).toBe(200);
    expect(systemd.count('WATCHDOG')).toBe(0);
  });

  it('is not held up by a systemd-notify that hangs', async (test) => {
    const systemd = listening('exec sleep 600');
    const gateway = await startWith(test, systemd, { WATCHDOG_USEC: '300000' });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    gateway.child.kill('SIGTERM');
    expect(await within('exit', gateway.exited, 25_000)).toBe(0);
  });
});

it('a gateway that cannot start says that it ends, and never that it is ready', async () => {
  const systemd = listening();
  const stateDir = temporaryDir();
  const gateway = startEntry(['gateway'], { env: cleanEnvironment(stateDir, systemd.env) });
  expect(await within('exit', gateway.exited)).toBe(78);
  expect(systemd.said()).toEqual(['/run/x/notify STOPPING=1 --status=stopping']);
});

function environmentOf(pid: number): string {
  return readFileSync(`/proc/${pid}/environ`, 'utf8').replaceAll('\0', '\n');
}
