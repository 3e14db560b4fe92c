/**
 * Whatever asks a gateway says at once that there is none, and which one it means; it never waits for its timeout, and
 * never does the work by another way (operations.md §14).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../../src/cli/commands.js';
import { within } from '../../support/wait-for.js';
import { cli, environmentWith } from '../support/cli.js';
import { freePort } from '../support/fake-gateway.js';

/** What a command needs beside the gateway. */
const words: Readonly<Record<string, string>> = {
  'gateway call': 'health',
  agent: '-m x --agent main',
  'channels logout': '--channel x',
  'pairing approve': 'telegram x',
  'pairing reject': 'telegram x',
  'devices approve': 'x',
  'devices reject': 'x',
  'devices remove': 'x',
  'devices rename': 'x y',
  'devices rotate': 'x --role operator',
  'devices revoke': 'x --role operator',
  'devices clear': '--yes',
  'cron add': '--name n --at 5m --message x',
  'cron edit': 'x --name n',
  'cron rm': 'x',
  'cron run': 'x',
  'cron enable': 'x',
  'cron disable': 'x',
  'system event': '--text x',
};
/** They tell of gateways that are not there. */
const reports = ['status', 'gateway status', 'daemon status', 'gateway probe', 'channels status'];
/** It has the file to read. */
const others = ['logs'];

const asking = commands.filter(
  ({ name, options }) =>
    options.some((option) => option.name === 'url') && ![...reports, ...others].includes(name),
);

/** So long that a test which waited for it would fail. */
const timeout = (name: string): string => (name === 'agent' ? '--timeout=0' : '--timeout=600000');

test.each(asking.map(({ name }) => name))('%s', async (name) => {
  const port = await freePort();
  const env = environmentWith({ gateway: { port } });
  const line = [...name.split(' '), ...(words[name]?.split(' ') ?? []), timeout(name)];
  const { exitCode, stdout, stderr } = await within(name, cli(line, { env }));
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^gateway not reachable: /);
  expect(stderr).toContain(`\nGateway target: ws://127.0.0.1:${port}\nSource: local loopback\n`);
  expect(existsSync(join(env.PLLAN_STATE_DIR, 'store'))).toBe(false);
});

test.each(reports)('%s tells of it', async (name) => {
  const port = await freePort();
  const env = environmentWith({ gateway: { port } });
  const { stdout } = await within(name, cli([...name.split(' '), '--timeout=600000'], { env }));
  expect(stdout).toContain(`127.0.0.1:${port}`);
  expect(stdout).toMatch(/unreachable|not reachable|Reachable: no/);
});
