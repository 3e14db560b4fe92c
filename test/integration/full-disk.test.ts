/** A disk without room under the log file costs log lines, never the gateway (operations.md §6). */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSocket } from '../support/control-client.js';
import { startFor, type TestGateway } from '../support/gateway.js';
import { scrape } from '../support/metrics.js';
import { mountSmallDisk } from '../support/small-disk.js';
import { waitFor, within } from '../support/wait-for.js';

/** Does what is worth a log line. */
async function makeLogLine(gateway: TestGateway): Promise<void> {
  const client = await openSocket(gateway.wsUrl);
  client.send('{}');
  await within('close', client.closed);
}

it.concurrent.for(['SIGTERM', 'SIGINT'] as const)(
  '%s ends the gateway all the same',
  async (signal, test) => {
    const gateway = await startFor(test, { config: { logging: { file: '/dev/full' } } });
    await makeLogLine(gateway);
    process.kill(gateway.pid, signal);
    expect(await within('exit', gateway.exited)).toBe(0);
    const said = gateway.stderr().match(/log file \/dev\/full: .*\n/g);
    expect(said).toEqual([
      expect.stringContaining('ENOSPC'),
      expect.stringMatching(/: \d+ lines could not be written\n$/),
    ]);
  },
);

it('the lines that waited are written when there is room again', async (test) => {
  const disk = mountSmallDisk(test);
  const file = join(disk.dir, 'gateway.log');
  const filler = disk.fill();
  const gateway = await startFor(test, { config: { logging: { file } } });
  await waitFor('the failure', () => gateway.stderr().includes(`log file ${file}: ENOSPC`));
  expect(readFileSync(file, 'utf8')).toBe('');
  const writable = async (): Promise<number> => (await scrape(gateway.url)).total('pllan_log_writable');
  expect(await writable()).toBe(0);
  rmSync(filler);
  await makeLogLine(gateway);
  const events = (): unknown[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { event: unknown }).event);
  await waitFor('the lines', () => events().includes('ws.refused'));
  expect(events()).toEqual(['listening', 'log-file', 'model', 'ready', 'ws.refused']);
  expect(await writable()).toBe(1);
  expect(await gateway.stop()).toBe(0);
});
