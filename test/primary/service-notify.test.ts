/** What systemd is told, and when: by the clock of the test, through a stand-in for `systemd-notify`. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createServiceNotifier, type ServiceNotifier } from '../../src/primary/service-notify.js';
import { notifyLimits } from '../../src/shared/limits.js';
import { temporaryDir } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

/** It does not end while there is a file `held` in its folder. */
function notifier(env: Readonly<Record<string, string>> = {}): {
  readonly notify: ServiceNotifier;
  readonly dir: string;
  said(): string[];
} {
  const dir = temporaryDir();
  const program = join(dir, 'systemd-notify');
  const script = `#!/bin/sh\necho "$*" >> '${dir}/said'\nwhile [ -e '${dir}/held' ]; do sleep 0.02; done\n`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const notify = createServiceNotifier({
    env: { NOTIFY_SOCKET: '/run/x', PATH: `${dir}:/usr/bin:/bin`, ...env },
    pid: 7,
    log: () => undefined,
  });
  const said = (): string[] =>
    existsSync(join(dir, 'said')) ? readFileSync(join(dir, 'said'), 'utf8').split('\n').filter(Boolean) : [];
  return { notify, dir, said };
}

it('asks for more time until it is ready, and no more then', async () => {
  const { notify, said } = notifier();
  vi.advanceTimersByTime(notifyLimits.startPollMs);
  await waitFor('the question', () => said().length === 1);
  vi.advanceTimersByTime(notifyLimits.startPollMs);
  await waitFor('another one', () => said().length === 2);
  expect(said()).toEqual(Array(2).fill('EXTEND_TIMEOUT_USEC=30000000'));
  notify.ready('listening');
  await waitFor('the word', () => said().length === 3);
  vi.advanceTimersByTime(3 * notifyLimits.startPollMs);
  await notify.close();
  expect(said().slice(2)).toEqual(['--ready --pid=7 --status=listening', 'STOPPING=1 --status=stopping']);
});

it('feeds the watchdog three times as often as needed, once ready, while it is healthy', async () => {
  const { notify, said } = notifier({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' });
  vi.advanceTimersByTime(9_000);
  notify.ready('x');
  await waitFor('the word', () => said().length === 1);
  vi.advanceTimersByTime(11_000);
  await waitFor('the first', () => said().length === 2);
  let healthy = false;
  notify.watch(() => healthy);
  vi.advanceTimersByTime(20_000);
  healthy = true;
  vi.advanceTimersByTime(20_000);
  await waitFor('the second', () => said().length === 3);
  await notify.close();
  vi.advanceTimersByTime(60_000);
  expect(said().filter((line) => line === 'WATCHDOG=1')).toHaveLength(2);
});

it('runs one program at a time, and says together what came meanwhile', async () => {
  const { notify, dir, said } = notifier({ WATCHDOG_USEC: '3000000', PLLAN_SERVICE_MARKER: 'pllan' });
  writeFileSync(join(dir, 'held'), '');
  notify.ready('x');
  await waitFor('the word', () => said().length === 1);
  vi.advanceTimersByTime(10_000);
  notify.stopping();
  notify.stopping();
  rmSync(join(dir, 'held'));
  await notify.close();
  expect(said().slice(1)).toEqual(['WATCHDOG=1 STOPPING=1 --status=stopping']);
});

it('says nothing where nobody listens', async () => {
  const { notify, said } = notifier({ NOTIFY_SOCKET: '' });
  notify.ready('x');
  notify.stopping();
  await notify.close();
  expect(said()).toEqual([]);
});
