/** Starts that came to no proper end, and gateways beside each other (operations.md §11, §15). */
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startFor, temporaryDir } from '../support/gateway.js';
import { within } from '../support/wait-for.js';

it('after three crashes a gateway says so, serves all the same, and a proper end counts as one', async (test) => {
  const stateDir = temporaryDir();
  const file = join(stateDir, 'boot-history.json');
  const crashed = [1, 2].map((ago) => ({ at: Date.now() - ago * 1_000, pid: 1, clean: false }));
  writeFileSync(file, JSON.stringify({ version: 1, boots: crashed }));
  const first = await startFor(test, { stateDir });
  expect(first.stderr()).not.toContain('breaker');
  first.child.kill('SIGKILL');
  await within('the end', first.exited);

  const halfWritten = join(stateDir, 'exec-approvals.json.1-0123abcd.tmp');
  writeFileSync(halfWritten, '{');
  utimesSync(halfWritten, 1, 1);
  const workspace = join(stateDir, 'workspace');
  const second = await startFor(test, { stateDir });
  expect(second.stderr()).toContain(
    'gateway restart-loop breaker tripped: 3 unclean boot(s) within 300s; channels are not started\n',
  );
  const beside = await startFor(test, { config: { agents: { defaults: { workspace } } } });
  expect(beside.stderr()).toContain(
    `the gateway on port ${second.port} (pid ${second.pid}) has the same workspace ${workspace}`,
  );
  expect(existsSync(halfWritten)).toBe(false);
  expect(await second.stop()).toBe(0);
  const { boots } = JSON.parse(readFileSync(file, 'utf8')) as { boots: { clean: boolean }[] };
  expect(boots.map(({ clean }) => clean)).toEqual([false, false, false, true]);
});
