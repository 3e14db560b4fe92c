import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
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

/** What a module loads before it runs, as text. */
function loaded(file: string, before = new Map<string, string>()): Map<string, string> {
  if (before.has(file)) return before;
  const text = readFileSync(file, 'utf8');
  before.set(file, text);
  for (const [, name = ''] of text.matchAll(/^import[^'"]*["']([^'"]+)["']/gm))
    if (name.startsWith('.')) loaded(resolve(dirname(file), name), before);
  return before;
}

test('what every command loads is small, and nothing of the gateway', () => {
  const text = [...loaded(entry).values()].join('');
  expect(text).toContain('function runCli');
  expect(text).not.toMatch(/lmdb|bufferutil|piscina/);
  expect(text.length).toBeLessThan(100_000);
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

test.runIf(existsSync('/dev/full'))('output that is lost to a full disk is one', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [entry, 'config', 'schema'], {
    env: { PATH: process.env.PATH, PLLAN_HOME: temporaryHome() },
    stdio: ['ignore', full, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((done) => child.on('close', done));
  closeSync(full);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^output is lost: .*ENOSPC/)]);
});

test('a reader that went away is no error', async () => {
  expect(await pllan(['gateway', 'status', '--no-probe', '--json'], true)).toMatchObject({
    code: 0,
    stderr: '',
  });
});
