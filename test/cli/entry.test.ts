import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { VERSION } from '../../src/shared/version.js';
import { temporaryHome } from './support/cli.js';

const entry = resolve(import.meta.dirname, '../../dist/entry.js');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program as a process. `deaf`: nobody reads its stdout. */
function pllan(argv: readonly string[], deaf = false): Promise<Ended> {
  const child = spawn(process.execPath, [entry, ...argv], {
    env: { PATH: process.env.PATH, PLLAN_HOME: temporaryHome() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  if (deaf) child.stdout.destroy();
  else child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  return new Promise((done, failed) => {
    child.on('error', failed).on('close', (code) => done({ code, ...said }));
  });
}

test('--version prints the version and exits 0', async () => {
  expect(await pllan(['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
});

test('a failed command exits 1', async () => {
  expect(await pllan(['helth'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('Did you mean health?'),
  });
});

test('gateway run reaches the gateway, whose exit code it passes on', async () => {
  expect(await pllan(['gateway', 'run'])).toMatchObject({
    code: 78,
    stderr: expect.stringContaining('Missing config.'),
  });
});

test('a reader that went away is no error', async () => {
  expect(await pllan(['gateway', 'status', '--no-probe', '--json'], true)).toMatchObject({
    code: 0,
    stderr: '',
  });
});
